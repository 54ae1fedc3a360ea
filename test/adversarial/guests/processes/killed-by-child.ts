import { spawn } from 'node:child_process';

/** Its child sends it a signal. */
export default function killedByChild(signal: string): Promise<never> {
  spawn(process.execPath, ['-e', `process.kill(${process.pid}, "${signal}")`], { stdio: 'ignore' });
  return new Promise(() => setInterval(() => {}, 1000));
}
