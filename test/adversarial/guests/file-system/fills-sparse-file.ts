import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';

/** Fills a file that was promised its size before. */
export default function fillsSparseFile(): never {
  closeSync(openSync('/tmp/sparse', 'w'));
  truncateSync('/tmp/sparse', 2 ** 40);
  const descriptor = openSync('/tmp/sparse', 'r+');
  const block = Buffer.alloc(2 ** 20, 1);
  for (let at = 0; ; at += block.length) writeSync(descriptor, block, 0, block.length, at);
}
