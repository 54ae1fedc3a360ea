import { openSync, readSync } from 'node:fs';

/** What the OOM killer has done on this machine since a moment, whichever container it struck. */
export interface MachineOoms {
  /** From now on. */
  begin(): void;
  /** Whether it has struck at all; null where the kernel does not tell (before Linux 4.13), or on another machine than the containers'. */
  any(): boolean | null;
  /** Whether other containers of this program account for all of that. */
  areOthers(): boolean;
  /**
   * Takes one that nobody told of for this container's, if nothing else accounts for it and it has a limit that would bring it about; it is
   * not looked for in another one any more. @returns whether it is
   */
  claim(): boolean;
  /** It is asked no more. */
  end(): void;
}

/** Kills that are known to have been in a container. */
type OwnKills = () => number;

/** Of the containers of this program that are watched now, and of all that were. */
const watched = new Set<OwnKills>();
let past = 0;

function accountedFor(): number {
  let kills = past;
  for (const own of watched) kills += own();
  return kills;
}

/**
 * The `oom_kill` of /proc/vmstat counts the kills of all cgroups, and outlives them: the last witness of one that took its counters
 * with it before they could be read. That it has not risen proves that there was none. Where it has, the question is whose it was: what
 * other programs' containers met cannot be told from here.
 * @param isOurs whether the containers run on this machine
 * @param isLimited whether the container has a limit of memory
 * @param own kills that are known to have been in it
 */
export function watchMachineOoms(isOurs: boolean, isLimited: boolean, own: OwnKills): MachineOoms {
  let before = isOurs ? readOoms() : null;
  let accountedBefore = accountedFor();
  let claimed = 0;
  const ofThis = () => Math.max(own(), claimed);
  watched.add(ofThis);
  const since = () => {
    const now = before === null ? null : readOoms();
    return now === null || before === null ? null : now - before;
  };
  const areOthers = () => (since() ?? 0) <= accountedFor() - accountedBefore;
  return {
    begin() {
      if (before === null) return;
      before = readLately();
      accountedBefore = accountedFor();
    },
    any() {
      const kills = since();
      return kills === null ? null : kills > 0;
    },
    areOthers,
    claim() {
      const isOwn = isLimited && !areOthers();
      if (isOwn) claimed = own() + 1;
      return isOwn;
    },
    end() {
      if (watched.delete(ofThis)) past += ofThis();
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
