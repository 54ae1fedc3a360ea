import { closeSync, writeSync } from 'node:fs';

const MOST_AT_ONCE = 2 ** 16;

/** All of it: a pipe may take less than it is given, or nothing while it is full. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at, Math.min(MOST_AT_ONCE, bytes.length - at));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

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
