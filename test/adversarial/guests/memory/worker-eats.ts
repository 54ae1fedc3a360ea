import { Worker } from 'node:worker_threads';

/** A worker has a heap of its own. */
export default function workerEats(): Promise<unknown> {
  const worker = new Worker('for (const kept = [];;) kept.push({ a: [1, 2, 3] })', { eval: true });
  return new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
}
