import { constants, openSync, readSync } from 'node:fs';
import { nowInS } from './clock.js';

/** A process that the kernel killed for memory, as its log was read. */
interface Kill {
  readonly pid: number;
  readonly readAtInS: number;
}

/**
 * OOM kills by container, as the kernel itself logs them (mm/oom_kill.c), however soon the container was gone: each kill has a line with
 * the process, and at most ten within five seconds have one with its cgroup as well. A record at a time, which is how /dev/kmsg is read.
 * @returns null where this user may not read it
 */
export function openKernelLog(): KernelLog | null {
  const descriptor = tryTo(() => openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK));
  if (descriptor === null) return null;
  const byContainer = new Map<string, number>();
  const kills: Kill[] = [];
  const record = Buffer.alloc(8192);
  return {
    readNew() {
      for (;;) {
        try {
          const line = record.toString('latin1', 0, readSync(descriptor, record));
          const id = /oom-kill:.*task_memcg=[^,]*?([0-9a-f]{64})/.exec(line)?.[1];
          if (id !== undefined) byContainer.set(id, (byContainer.get(id) ?? 0) + 1);
          const pid = /out of memory: Killed process (\d+) /.exec(line)?.[1];
          if (pid !== undefined) kills.push({ pid: Number(pid), readAtInS: nowInS() });
        } catch (error) {
          // EPIPE: records were overwritten before they were read; the next one is the oldest there is.
          if ((error as NodeJS.ErrnoException).code !== 'EPIPE') return;
        }
      }
    },
    oomKillsOf: (containerId, pids, sinceInS) =>
      Math.max(
        byContainer.get(containerId) ?? 0,
        // A number is given to another process after a while.
        kills.filter(({ pid, readAtInS }) => pids.has(pid) && readAtInS >= sinceInS).length,
      ),
  };
}

export interface KernelLog {
  readNew(): void;
  /** @param pids its processes, as far as they were seen */
  oomKillsOf(containerId: string, pids: ReadonlySet<number>, sinceInS: number): number;
}

function tryTo<T>(step: () => T): T | null {
  try {
    return step();
  } catch {
    return null;
  }
}
