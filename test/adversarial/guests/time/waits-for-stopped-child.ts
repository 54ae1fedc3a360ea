import { spawnSync } from 'node:child_process';

/** Blocks its only thread on a child that is stopped. */
export default function waitsForStoppedChild(): void {
  spawnSync(process.execPath, ['-e', 'process.kill(process.pid, "SIGSTOP")']);
}
