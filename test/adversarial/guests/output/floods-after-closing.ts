import { closeSync, writeSync } from 'node:fs';

/** Closes one stream, and writes to the other as fast as it can, for ever. */
export default function floodsAfterClosing(closed: number, flooded: number): never {
  closeSync(closed);
  for (const chunk = Buffer.alloc(2 ** 16, 97); ; ) writeSync(flooded, chunk);
}
