import { readFileSync } from 'node:fs';

/** How often the kernel's OOM killer has struck on this machine since a moment. */
export interface MachineOoms {
  /** From now on. */
  begin(): void;
  /** Whether it has; null where the kernel does not tell (before Linux 4.13), or on another machine than the containers'. */
  any(): boolean | null;
}

/**
 * The `oom_kill` of /proc/vmstat counts the kills of all cgroups, and outlives them: the last witness of one that took its counters
 * with it before they could be read. That it has not risen proves that there was none.
 * @param isOurs whether the containers run on this machine
 */
export function watchMachineOoms(isOurs: boolean): MachineOoms {
  let before = isOurs ? readOoms() : null;
  return {
    begin() {
      if (before !== null) before = readOoms();
    },
    any() {
      const now = before === null ? null : readOoms();
      return now === null || before === null ? null : now > before;
    },
  };
}

function readOoms(): number | null {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}
