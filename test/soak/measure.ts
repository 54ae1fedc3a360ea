import { availableParallelism, loadavg } from 'node:os';
import type { Range } from './course.js';
import type { Made } from './make-call.js';
import type { Sample, Seen } from './witness.js';

/**
 * What the test itself measured of a call. Nobody outside knows to the millisecond when a function is called, but between which moments:
 * not before its module was loaded and the call was made, and not after the function said that it has begun. So a duration has two bounds.
 */
export interface Measured {
  /** From the call until its outcome. */
  readonly elapsedInS: number;
  /** From the start of its container until its outcome, where that was longer: one that waits is loaded before the call. */
  readonly containerInS: number;
  /** From the function's beginning (its module's, where that never ends) until the outcome; null when it did not say that it began. */
  readonly lastedInS: Range | null;
  /** From its beginning until it said that it has done all; null when it did not say so. */
  readonly endedInS: Range | null;
  /** CPU time of its process meanwhile, by its own account; null likewise. */
  readonly endedCpuInS: number | null;
  /** From its beginning until the caller aborted it: less than 0 where it was before; null when nobody did. */
  readonly abortedInS: Range | null;
  /** What the kernel counted for the call; for a container that was not seen, all is possible. */
  readonly cpuInS: Range;
  /** Seconds from its beginning after which its container had used that much CPU time for certain. */
  cpuReachedInS(cpuInS: number): number;
  /** The most memory that was seen charged during the call. */
  readonly chargedInBytes: number;
  /** null where nobody knows. */
  readonly oomKills: number | null;
  readonly pidsRefused: Range;
  /** How many wanted each core of the machine, on average: load average(5) by the number of cores. */
  readonly rivals: number;
}

/** CPU time between nisher's reading and the function's beginning: taking its arguments. */
const BEGINNING_IN_S = 0.1;
/** The engine tells of a start after it. */
const TOLD_LATE_IN_S = 0.5;
/** The kernel adds up some of what its cores count only now and then. */
const COUNTED_LATE_IN_S = 0.05;
/** So long before the outcome may nisher's last reading be: what is left of a container has to end first, and to be seen to. */
const READ_EARLY_IN_S = 0.5;

export function measure({ calledAtInS, abortedAtInS, outcomeAtInS, marks, seen }: Made): Measured {
  const { began, ended } = marks;
  // In its process the beginning cannot have been before that is there, and for a function not before it is loaded.
  const earliest = Math.max(calledAtInS, began?.loadedAtInS ?? began?.processStartedAtInS ?? 0);
  const latest = began?.atInS ?? null;
  const until = (moment: number): Range | null =>
    latest === null ? null : { least: moment - latest, most: moment - earliest };
  const samples = seen?.samples ?? [];
  const during = latest === null ? [] : samples.filter(within(latest, outcomeAtInS - READ_EARLY_IN_S));
  const first = during[0] ?? null;
  const last = during.at(-1) ?? null;
  const at = latest === null ? null : (samples.filter(({ beforeInS }) => beforeInS <= earliest).at(-1) ?? null);
  const atEnd = samples.find(({ afterInS }) => afterInS >= outcomeAtInS) ?? null;
  const cpuBefore = Math.max(at?.cpuInS ?? 0, (began?.cpuInS ?? 0) - BEGINNING_IN_S);
  const refusedBefore = at?.pidsRefused ?? 0;
  return {
    elapsedInS: outcomeAtInS - calledAtInS,
    containerInS: outcomeAtInS - Math.min(calledAtInS, (seen?.startedAtInS ?? 0) - TOLD_LATE_IN_S),
    lastedInS: until(outcomeAtInS),
    endedInS: ended && until(ended.atInS),
    endedCpuInS: ended && began && ended.cpuInS - began.cpuInS,
    abortedInS: abortedAtInS === null ? null : (until(abortedAtInS) ?? { least: 0, most: abortedAtInS - calledAtInS }),
    cpuInS: {
      least: first && last ? Math.max(0, last.cpuInS - first.cpuInS - COUNTED_LATE_IN_S) : 0,
      most: mostCpuBy(seen, atEnd) - cpuBefore + COUNTED_LATE_IN_S,
    },
    cpuReachedInS(cpuInS) {
      const reached = first && during.find((sample) => sample.cpuInS - first.cpuInS - COUNTED_LATE_IN_S >= cpuInS);
      return reached ? reached.beforeInS - earliest : Number.POSITIVE_INFINITY;
    },
    chargedInBytes: Math.max(0, ...during.map(({ memInBytes }) => memInBytes)),
    oomKills: oomKillsIn(seen),
    pidsRefused: {
      least: first && last ? last.pidsRefused - first.pidsRefused : 0,
      most: atEnd === null ? Number.POSITIVE_INFINITY : atEnd.pidsRefused - refusedBefore,
    },
    rivals: (loadavg()[0] ?? 0) / availableParallelism(),
  };
}

/** Without the kernel's log: a counter goes with its container, and may not have been read since. */
function oomKillsIn(seen: Seen | null): number | null {
  return seen?.loggedOomKills ?? (seen?.samples.at(-1)?.oomKills || null);
}

function within(fromInS: number, toInS: number): (sample: Sample) => boolean {
  return ({ afterInS, beforeInS }) => afterInS >= fromInS && beforeInS <= toInS;
}

/** The next sample; or else the last one, and what all cores can have added until its end. */
function mostCpuBy(seen: Seen | null, next: Sample | null): number {
  if (next !== null) return next.cpuInS;
  const last = seen?.samples.at(-1);
  if (seen === null || last === undefined) return Number.POSITIVE_INFINITY;
  return last.cpuInS + availableParallelism() * Math.max(0, seen.endedAtInS - last.afterInS);
}
