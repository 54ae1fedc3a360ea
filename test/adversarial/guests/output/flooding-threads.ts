import { Worker } from 'node:worker_threads';

const flood = 'for (const { writeSync } = require("fs"), chunk = Buffer.alloc(9000, 97);;) writeSync(1, chunk);';

/** Returns a value while two threads write to the same pipe. */
export default async function floodingThreads(): Promise<string> {
  for (let count = 0; count < 2; count++) new Worker(flood, { eval: true });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return 'v'.repeat(1e6);
}
