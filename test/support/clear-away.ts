import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';

/** Removes a folder in which an engine had its files, with what that left: helpers and mounts, if it was killed. */
export function clearAway(folder: string): void {
  for (const pid of processesNaming(`${folder}/`)) signal(pid, 'SIGKILL');
  // A folder with a mount cannot be removed.
  unmountBelow(folder);
  // What was killed may still be at its last write.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** To a process that may have ended meanwhile. */
export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Numbers of the processes, this one apart, whose command line names something, in their order. */
export function processesNaming(text: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const ordered = pids.map(Number).sort((a, b) => a - b);
  return ordered.filter((pid) => {
    try {
      return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

function unmountBelow(folder: string): void {
  const mountPoints = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  const below = mountPoints.filter((mountPoint) => mountPoint.startsWith(`${folder}/`)).reverse();
  for (const mount of below) spawnSync('umount', ['--lazy', mount]);
}
