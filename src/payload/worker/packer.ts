import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ownEnvironment } from '../../own-environment.js';
import type { PackedModule } from '../pack-module.js';
import type { PackRequest } from '../pack-request.js';
import type { PackedSource, SourceRequest } from '../pack-source.js';
import { BoundError, PackError } from '../payload.js';
import type { WorkerAnswer, WorkerRequest } from './messages.js';

/** Threads that pack at once; further requests wait. */
const MAX_WORKERS = 2;
/** Seconds after which a thread without work is ended. */
const IDLE_TIME_IN_S = 10;
/** Seconds that a thread has to end by itself: one that reads or parses hears nothing meanwhile. */
const END_TIME_IN_S = 1;
/** Room for parsing what programs write: a sum of 100,000 texts is nested as deep. Only what is used is taken. */
const STACK_IN_MB = 64;
/** What a thread may hold, in mebibytes: archives are outside of its heap. */
const MAX_HEAP_IN_MB = 2048;

/** A thread that packs, with one request at a time. */
interface Thread {
  readonly worker: Worker;
  idle: NodeJS.Timeout | null;
}

const idle: Thread[] = [];
const waiting: (() => void)[] = [];
let threads = 0;

/**
 * Packs a module in a thread of its own, which is ended when it takes too long, and begun anew for the next.
 * @throws PackError
 */
export function packInWorker(request: PackRequest): Promise<PackedModule> {
  const { packTimeInS } = request.options;
  return ask({ kind: 'module', request }, packTimeInS, request.path) as Promise<PackedModule>;
}

/** The same for what travels with a source text. */
export function packSourceInWorker(request: SourceRequest): Promise<PackedSource> {
  return ask({ kind: 'source', request }, request.packTimeInS, 'the source text') as Promise<PackedSource>;
}

async function ask(request: WorkerRequest, packTimeInS: number, what: string): Promise<PackedModule | PackedSource> {
  const thread = await takeThread();
  const given = await answerOf(thread, request, packTimeInS, what);
  if (given.kind === 'packed') return given.packed;
  if (given.kind === 'refused') throw new PackError(given.message, given.hint);
  throw given.error;
}

async function takeThread(): Promise<Thread> {
  while (idle.length === 0 && threads >= MAX_WORKERS) await new Promise<void>((resolve) => waiting.push(resolve));
  const ready = idle.pop();
  if (ready === undefined) return startThread();
  if (ready.idle !== null) clearTimeout(ready.idle);
  return ready;
}

function startThread(): Thread {
  threads++;
  const file = import.meta.url.endsWith('.ts') ? './dev-worker.mjs' : './pack-worker.js';
  const worker = new Worker(fileURLToPath(new URL(file, import.meta.url)), {
    // Nothing that the program was started with concerns it.
    execArgv: [],
    env: ownEnvironment(),
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_IN_MB, stackSizeMb: STACK_IN_MB },
    // It prints nothing; a warning of Node's would not concern the program's user. (Were they read, they would keep the program alive.)
    stdout: true,
    stderr: true,
  });
  return { worker, idle: null };
}

/** Gives the thread back, or ends it. */
async function answerOf(thread: Thread, request: WorkerRequest, packTimeInS: number, what: string): Promise<WorkerAnswer> {
  const { worker } = thread;
  worker.ref();
  let timer: NodeJS.Timeout | undefined;
  try {
    const given = await new Promise<WorkerAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error) => reject(failureOf(error, what)));
      worker.once('exit', () => reject(new Error('The thread that packs has ended')));
      timer = setTimeout(() => reject(tookTooLong(what, packTimeInS)), packTimeInS * 1000);
      worker.postMessage(request);
    });
    release(thread);
    return given;
  } catch (error) {
    endThread(thread);
    throw error;
  } finally {
    clearTimeout(timer);
    forget(worker);
  }
}

/** Not all listeners: Node has some of its own, without which no message comes. */
function forget(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
}

function tookTooLong(what: string, packTimeInS: number): BoundError {
  return new BoundError(
    `Packing ${what} took too long: packTimeInS is ${packTimeInS}`,
    'Raise packTimeInS, set `root` to a smaller folder, or narrow `include`',
  );
}

function failureOf(error: Error & { code?: string }, what: string): Error {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new BoundError(
    `Packing ${what} took more than ${MAX_HEAP_IN_MB} MB of memory`,
    'Import fewer files, or give data in a file that is read',
  );
}

function release(thread: Thread): void {
  thread.worker.unref();
  thread.idle = setTimeout(() => {
    idle.splice(idle.indexOf(thread), 1);
    endThread(thread);
  }, IDLE_TIME_IN_S * 1000).unref();
  idle.push(thread);
  waiting.shift()?.();
}

function endThread({ worker }: Thread): void {
  threads--;
  forget(worker);
  // Its error, if there was one, has been told.
  worker.on('error', () => {});
  // By itself, because only the thread that started the compiler can wait for its end.
  const timer = setTimeout(() => void worker.terminate(), END_TIME_IN_S * 1000).unref();
  worker.on('exit', () => clearTimeout(timer));
  worker.postMessage({ kind: 'end' } satisfies WorkerRequest);
  waiting.shift()?.();
}
