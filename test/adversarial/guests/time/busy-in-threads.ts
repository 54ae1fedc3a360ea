import { Worker } from 'node:worker_threads';

/** The main thread sleeps; two others work. */
export default function busyInThreads(): Promise<never> {
  for (let count = 0; count < 2; count++) new Worker('for (;;);', { eval: true });
  return new Promise(() => setInterval(() => {}, 1000));
}
