import { closeSync, openSync, readSync } from 'node:fs';

/** What can be read of each: how many bytes at once, or why none. */
export default function readsFiles(files: string[]): { [file: string]: number | string } {
  return Object.fromEntries(
    files.map((file) => {
      try {
        const descriptor = openSync(file, 'r');
        const length = readSync(descriptor, Buffer.alloc(4096));
        closeSync(descriptor);
        return [file, length];
      } catch (error) {
        return [file, (error as NodeJS.ErrnoException).code ?? ''];
      }
    }),
  );
}
