import { constants, openSync, readSync } from 'node:fs';

/**
 * OOM kills by container, as the kernel itself logs each of them (mm/oom_kill.c, dump_oom_summary): all of them, however soon the
 * container was gone. A record at a time, which is how /dev/kmsg is read.
 * @returns null where this user may not read it
 */
export function openKernelLog(): { readNew(): void; oomKillsOf(containerId: string): number } | null {
  const descriptor = tryTo(() => openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK));
  if (descriptor === null) return null;
  const kills = new Map<string, number>();
  const record = Buffer.alloc(8192);
  return {
    readNew() {
      for (;;) {
        try {
          const line = record.toString('latin1', 0, readSync(descriptor, record));
          const id = /oom-kill:.*task_memcg=[^,]*?([0-9a-f]{64})/.exec(line)?.[1];
          if (id !== undefined) kills.set(id, (kills.get(id) ?? 0) + 1);
        } catch (error) {
          // EPIPE: records were overwritten before they were read; the next one is the oldest there is.
          if ((error as NodeJS.ErrnoException).code !== 'EPIPE') return;
        }
      }
    },
    oomKillsOf: (containerId) => kills.get(containerId) ?? 0,
  };
}

function tryTo<T>(step: () => T): T | null {
  try {
    return step();
  } catch {
    return null;
  }
}
