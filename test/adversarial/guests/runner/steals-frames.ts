import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A pipe can be read by whoever has it: what this thread gets, the engine does not. */
const thief = `
  const { openSync, readSync } = require('node:fs');
  const stdout = openSync('/proc/self/fd/1', 'r');
  require('node:worker_threads').parentPort.postMessage('ready');
  for (const bytes = Buffer.alloc(65536); ;) readSync(stdout, bytes);`;

/** Has its own stdout read by a thread, which the frames of its value go through. */
export default async function stealsFrames(length: number): Promise<string> {
  await once(new Worker(thief, { eval: true }), 'message');
  return 'v'.repeat(length);
}
