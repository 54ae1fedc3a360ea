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
  /** It is asked no more, and claims nothing. */
  end(): void;
}

/** Kills that are known to have been in a container. */
type OwnKills = () => number;

/** @see watchMachineOoms */
export type WatchOoms = (isOurs: boolean, isLimited: boolean, own: OwnKills) => MachineOoms;

/** For so long a reading stands for later ones: another container's OOM kill in that time would have to meet a SIGKILL without a reason. */
const READING_LASTS_IN_MS = 10;

/**
 * An account of one machine: which of its kills the containers of this program explain.
 * @param readOoms the machine's count since it was booted, null where there is none
 * @param now milliseconds, on a monotonic clock
 */
export function openOomAccount(readOoms: () => number | null, now: () => number): WatchOoms {
  /** Of the containers of this program that are watched now, and of all that were. */
  const watched = new Set<OwnKills>();
  let past = 0;
  const accountedFor = () => [...watched].reduce((kills, own) => kills + own(), past);

  let lately: { at: number; ooms: number | null } | undefined;
  /** Reading takes 60 µs, of which a call in a container that is there already has few. */
  const readLately = () => {
    const at = now();
    if (lately === undefined || at - lately.at > READING_LASTS_IN_MS) lately = { at, ooms: readOoms() };
    return lately.ooms;
  };

  return (isOurs, isLimited, own) => {
    let before = isOurs ? readOoms() : null;
    let accountedBefore = accountedFor();
    let claimed = 0;
    const ofThis = () => Math.max(own(), claimed);
    watched.add(ofThis);
    const since = () => {
      const ooms = before === null ? null : readOoms();
      return ooms === null || before === null ? null : ooms - before;
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
        const isOwn = isLimited && watched.has(ofThis) && !areOthers();
        if (isOwn) claimed = ofThis() + 1;
        return isOwn;
      },
      end() {
        if (watched.delete(ofThis)) past += ofThis();
      },
    };
  };
}

/**
 * The `oom_kill` of /proc/vmstat counts the kills of all cgroups, and outlives them: the last witness of one that took its counters
 * with it before they could be read. That it has not risen proves that there was none. Where it has, the question is whose it was: what
 * other programs' containers met cannot be told from here.
 * @param isOurs whether the containers run on this machine
 * @param isLimited whether the container has a limit of memory
 * @param own kills that are known to have been in it
 */
export const watchMachineOoms: WatchOoms = openOomAccount(readOomKills, () => performance.now());

/** Opened once: it is read at each call, and opening it is half of what that takes. */
let descriptor: number | undefined;
/** On Linux 6.18 it has 4 KB. */
const buffer = Buffer.alloc(2 ** 15);

function readOomKills(): number | null {
  try {
    descriptor ??= openSync('/proc/vmstat', 'r');
    const text = buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
    const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}
