import { spawn } from 'node:child_process';

/** A child that keeps both pipes open, and says nothing, after the function has returned. */
export default function childHoldsStdout(): string {
  console.log('printed');
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'inherit' }).unref();
  return 'returned';
}
