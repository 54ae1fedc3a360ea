import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';

/** A file that claims to be 2^40 bytes long, with a byte at its end. */
export default function makesSparseFile(): { size: number; isSmall: boolean } {
  closeSync(openSync('/tmp/sparse', 'w'));
  truncateSync('/tmp/sparse', 2 ** 40);
  const descriptor = openSync('/tmp/sparse', 'r+');
  writeSync(descriptor, 'x', 2 ** 40);
  const { size, blocks } = statSync('/tmp/sparse');
  return { size, isSmall: blocks * 512 < 2 ** 20 };
}
