import { Worker } from 'node:worker_threads';

/** A thread of its module prints on when that is loaded: a character now and then, or as much as it can. */
const slow = 'setInterval(() => require("node:fs").writeSync(1, "x"), 50)';
const fast = 'for (const chunk = Buffer.alloc(65536, "x"); ;) require("node:fs").writeSync(1, chunk)';
new Worker(process.env.HOW === 'fast' ? fast : slow, { eval: true });

export default function returns(): string {
  return 'returned';
}
