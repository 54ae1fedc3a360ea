import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { readProcessStat } from './process-stat.js';

/** Whether a process is one of that container's. @throws when there is no such process here */
export function isContainerProcess(pid: number, containerId: string): boolean {
  return readFileSync(`/proc/${pid}/cgroup`, 'latin1').includes(containerId);
}

/**
 * Kills a container past its engine, where its first process is one of this machine's and this user may: with the first process of a
 * pid namespace the kernel ends all of it, pid_namespaces(7). The engine's own way there (dockerd, containerd, shim, runc, each with a
 * process or a queue of its own) takes 15 ms on an idle machine and hundreds on a busy one, of which the function makes use.
 * @returns whether that is what ended it: `unclear` when it may have been at its end already; null when it cannot be killed from here
 */
export function killContainerProcess(pid: number, containerId: string): 'killed' | 'unclear' | null {
  try {
    // Its number may be another process's by now: one that is not in that container's cgroup.
    if (!isContainerProcess(pid, containerId) || !process.kill(pid, 'SIGKILL')) return null;
  } catch {
    return null;
  }
  // One that has begun to end by itself has its own status already.
  const stat = readProcessStat(pid);
  const isOurDoing = stat?.waitStatus === constants.signals.SIGKILL || (stat?.waitStatus === 0 && !stat.hasEnded);
  return isOurDoing ? 'killed' : 'unclear';
}
