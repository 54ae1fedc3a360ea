import { appendFileSync } from 'node:fs';

/** A file that grows without end. */
export default function fillsScratch(file: string): never {
  for (const block = Buffer.alloc(2 ** 20, 1); ; ) appendFileSync(file, block);
}
