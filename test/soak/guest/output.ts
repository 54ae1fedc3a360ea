import { closeSync } from 'node:fs';
import { writeAll } from './marks.js';

const MOST_AT_ONCE = 2 ** 16;

export const output = {
  prints: (stdoutBytes: number, stderrBytes: number, byte: number) => {
    writeAll(1, Buffer.alloc(stdoutBytes, byte));
    writeAll(2, Buffer.alloc(stderrBytes, byte));
    return 'printed';
  },
  floods: (descriptor: number) => {
    for (;;) writeAll(descriptor, Buffer.alloc(MOST_AT_ONCE, 'x'));
  },
  closesItsOutput: () => {
    closeSync(1);
    closeSync(2);
    return 'closed';
  },
};
