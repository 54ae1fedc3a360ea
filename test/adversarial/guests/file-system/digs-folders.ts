import { mkdirSync } from 'node:fs';

/** A folder in a folder, deeper than any path can say, with the working directory at the bottom. */
export default function digsFolders(depth: number): number {
  process.chdir('/tmp');
  for (let level = 0; level < depth; level++) {
    mkdirSync('d'.repeat(100));
    process.chdir('d'.repeat(100));
  }
  return depth;
}
