/** The thread that packs: it reads, parses and compiles, so that the program's own thread is never held. */
import { parentPort } from 'node:worker_threads';
import { packModule } from '../pack-module.js';
import { packSource } from '../pack-source.js';
import { PackError } from '../payload.js';
import { makeCompiler } from '../sources/compiler.js';
import type { WorkerAnswer, WorkerRequest } from './messages.js';

const compiler = makeCompiler();

async function answer(asked: Exclude<WorkerRequest, { kind: 'end' }>): Promise<WorkerAnswer> {
  try {
    const packed = asked.kind === 'module' ? await packModule(asked.request, compiler) : await packSource(asked.request);
    return { kind: 'packed', packed };
  } catch (error) {
    if (error instanceof PackError) return { kind: 'refused', message: error.message, hint: error.hint };
    return { kind: 'failed', error };
  }
}

parentPort?.on('message', (asked: WorkerRequest) => {
  if (asked.kind === 'end') {
    void compiler.close().then(() => process.exit());
    return;
  }
  void answer(asked).then((given) => {
    const moved = given.kind === 'packed' ? [given.packed.archive.buffer as ArrayBuffer] : [];
    parentPort?.postMessage(given, moved);
  });
});
