import { Worker } from 'node:worker_threads';

/** More threads than it may have. */
export default async function floodsWorkers(count: number): Promise<void> {
  const start = () => new Worker('setTimeout(() => {}, 3000)', { eval: true });
  await Promise.all(Array.from({ length: count }, () => new Promise((end, fail) => start().on('exit', end).on('error', fail))));
}
