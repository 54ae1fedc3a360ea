import { mkdirSync, rmdirSync } from 'node:fs';

/** Its working directory is gone. */
export default function losesWorkingDirectory(): Promise<number> {
  mkdirSync('/tmp/gone');
  process.chdir('/tmp/gone');
  rmdirSync('/tmp/gone');
  return new Promise((resolve) => setTimeout(resolve, 50, 5));
}
