import { spawn } from 'node:child_process';

/** The process that signals all others is a child of this one, since it would spare itself. */
export default function childSignalsAll(signal: string): Promise<never> {
  spawn(process.execPath, ['-e', `process.kill(-1, "${signal}")`], { stdio: 'ignore' });
  return new Promise(() => setInterval(() => {}, 1000));
}
