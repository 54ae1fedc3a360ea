import { openSync, readSync } from 'node:fs';

/** How often the kernel's OOM killer has struck on this machine since a moment. */
export interface MachineOoms {
  /** From now on. */
  begin(): void;
  /**
   * Whether it has struck the container; null where the kernel does not tell (before Linux 4.13), on another machine than the
   * containers', and where it has struck somewhere while this container has no limit that would bring it about.
   */
  any(): boolean | null;
}

/**
 * The `oom_kill` of /proc/vmstat counts the kills of all cgroups, and outlives them: the last witness of one that took its counters
 * with it before they could be read. That it has not risen proves that there was none.
 * @param isOurs whether the containers run on this machine
 * @param isLimited whether the container has a limit of memory
 */
export function watchMachineOoms(isOurs: boolean, isLimited: boolean): MachineOoms {
  let before = isOurs ? readOoms() : null;
  return {
    begin() {
      if (before !== null) before = readLately();
    },
    any() {
      const now = before === null ? null : readOoms();
      if (now === null || before === null) return null;
      return now > before ? isLimited || null : false;
    },
  };
}

/** For so long a reading stands for later ones: another container's OOM kill in that time would have to meet a SIGKILL without a reason. */
const READING_LASTS_IN_MS = 10;
let lately: { at: number; ooms: number | null } | undefined;

/** Reading takes 60 µs, of which a call in a container that is there already has few. */
function readLately(): number | null {
  const now = performance.now();
  if (lately === undefined || now - lately.at > READING_LASTS_IN_MS) lately = { at: now, ooms: readOoms() };
  return lately.ooms;
}

/** Opened once: it is read at each call, and opening it is half of what that takes. */
let descriptor: number | undefined;
/** On Linux 6.18 it has 4 KB. */
const buffer = Buffer.alloc(2 ** 15);

function readOoms(): number | null {
  try {
    descriptor ??= openSync('/proc/vmstat', 'r');
    const text = buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
    const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}
