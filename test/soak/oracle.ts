import { availableParallelism } from 'node:os';
import type { Course, End } from './course.js';
import type { DrawnCall } from './draw-call.js';
import type { Measured } from './measure.js';

/**
 * How a call may end: an oracle that knows what the function does, its limits, and what clocks and the kernel's counters said; of nisher's
 * own way to a verdict it knows nothing. It excludes what cannot have been. What is left is right; where that is more than one
 * thing, each says why it cannot be excluded.
 */
export interface Possible extends End {
  readonly why: string;
  /** What the outcome must say at least of what was used. @default 0 */
  readonly leastWallInS?: number;
  readonly leastCpuInS?: number;
  readonly leastPeakInMb?: number;
}

/** How late a machine that is busy with other things may be. */
const LATE_IN_S = 5;
/** From a limit, or from the function's end, until nisher has noted it, on a machine that is not late. */
const NOTED_LATE_IN_S = 1;
/** Timers count milliseconds; two programs' clocks are read one after the other. */
export const EARLY_IN_S = 0.005;
/** What rusage and a cgroup make of the same CPU time may differ by. */
const CPU_ROOM_IN_S = 0.03;
/** What loading the module may take, by the number of those who want each core; and from there to the function's first words. */
const LOADS_IN_S = 1;
const BEGINS_IN_S = 0.5;
/** CPU time that loading the module may take, on a busy machine. */
const LOAD_CPU_IN_S = 1;
/** Node, and what is left for V8's heap: docs/limits.md, "Memory". */
const NODE_IN_MB = 16;
const HEAP_SHARE = 0.93;
/** Less is refused before anything is started, whatever the function does. */
const LEAST_MEMORY_IN_MB = 14;
/** V8 gives up with SIGABRT, on some fatal errors with SIGTRAP or SIGILL. */
const V8_GIVES_UP = [134, 133, 132];
const KILLED = [137];

export function possibleEnds(call: DrawnCall, measured: Measured): Possible[] {
  const { limits } = call;
  if (limits.memInMb !== null && limits.memInMb < LEAST_MEMORY_IN_MB) {
    const refused: Possible = {
      status: 'MemorylimitException',
      reasons: ['startMemory'],
      exitCodes: [null],
      phase: 'load',
      why: 'too little to start with',
    };
    return measured.abortedInS === null ? [refused] : [refused, { ...aborted, exitCodes: [null], why: 'the caller aborts it' }];
  }
  if (measured.lastedInS === null) return unbegunEnds(call, measured);
  return [
    ...naturalEnds(call, measured, measured.lastedInS.most),
    ...obstacleEnds(call, measured),
    ...noticedEnds(call, measured),
    ...abortEnds(call, measured),
    ...wallEnds(call, measured),
    ...cpuEnds(call, measured),
    ...memoryEnds(call, measured),
  ];
}

const timedOut = { status: 'TimeoutException', reasons: ['wallTime'], message: /wallTimeInS is/ } as const;
const cpuTimedOut = { status: 'CpuTimeoutException', reasons: ['cpuTime'], message: /cpuTimeInS is/ } as const;
const aborted = {
  status: 'SignalException',
  reasons: ['abort'],
  signal: 'SIGTERM',
  message: /^The caller aborted the call/,
} as const;
const outOfMemory = { status: 'MemorylimitException', message: /^Out of memory/ } as const;

/** The function has not said that it began: loading has the same limits for itself, and between the two anybody may be late. */
function unbegunEnds({ limits, behaviour, orders, method }: DrawnCall, measured: Measured): Possible[] {
  const { wallTimeInS, cpuTimeInS, gracePeriodInS } = limits;
  const { phase } = behaviour.course;
  const ends: Possible[] = [];
  const killedWhile = { exitCodes: KILLED } as const;
  const rivals = Math.max(1, measured.rivals);
  if (wallTimeInS !== null && (method === 'spawn' ? measured.elapsedInS : measured.containerInS) >= wallTimeInS) {
    // A module that has been loaded after its limit, in the grace period, is killed then.
    const stopped = { ...timedOut, ...killedWhile, leastWallInS: wallTimeInS - EARLY_IN_S };
    if (wallTimeInS <= orders.loadInS + (LOADS_IN_S + orders.loadCpuInS) * rivals)
      ends.push({ ...stopped, phase: 'load', why: 'its loading may take that long on a busy machine' });
    if (phase === 'call' && wallTimeInS <= BEGINS_IN_S * rivals)
      ends.push({
        ...stopped,
        phase,
        leastWallInS: wallTimeInS + gracePeriodInS - EARLY_IN_S,
        why: 'it may be stopped before its first words',
      });
  }
  if (cpuTimeInS !== null && cpuTimeInS <= LOAD_CPU_IN_S + orders.loadCpuInS && measured.cpuInS.most >= cpuTimeInS) {
    const why = 'its loading may use that much on a busy machine';
    ends.push({ ...cpuTimedOut, ...killedWhile, phase: 'load', leastCpuInS: cpuTimeInS, why });
  }
  // A container that waits has been loaded.
  if (measured.abortedInS !== null) {
    const exitCodes = method === 'spawn' ? [...KILLED, null] : KILLED;
    ends.push({ ...aborted, exitCodes, why: 'the caller aborts it before it begins' });
  }
  return ends;
}

/** What the function itself comes to, where no limit is sure to be met before that. */
function naturalEnds(call: DrawnCall, measured: Measured, mostInS: number): Possible[] {
  const { behaviour, limits } = call;
  const { course } = behaviour;
  const { end, tasks, wallInS, cpuInS } = course;
  if (end === null) return [];
  const { endedInS, endedCpuInS, abortedInS, oomKills, pidsRefused } = measured;
  // In the grace period it may still return, and only return.
  const grace = end.status === 0 ? limits.gracePeriodInS : 0;
  const usedInS = Math.max(cpuInS.least, endedCpuInS ?? 0, course.lies ? 0 : measured.cpuInS.least) - CPU_ROOM_IN_S;
  const excluded =
    mostInS < wallInS.least - EARLY_IN_S ||
    (course.tellsEnd && endedInS === null) ||
    tasks.least > extraTasks(limits) ||
    (course.refused !== null && pidsRefused.least > 0) ||
    course.scratchInMb.least > limits.scratchInMb ||
    course.resultInBytes.least > limits.maxResultInMb * 2 ** 20 ||
    (limits.wallTimeInS !== null && Math.max(wallInS.least, endedInS?.least ?? 0) > limits.wallTimeInS + grace + EARLY_IN_S) ||
    (limits.cpuTimeInS !== null && usedInS > limits.cpuTimeInS + grace * course.cores) ||
    (limits.memInMb !== null && course.memInMb.least > limits.memInMb && !course.childIsTheHog) ||
    (oomKills !== null && oomKills > 0 && tasks.most === 0) ||
    (abortedInS !== null && Math.max(wallInS.least, endedInS?.least ?? 0) > abortedInS.most + grace + NOTED_LATE_IN_S);
  if (excluded) return [];
  const natural: Possible = {
    phase: course.phase,
    ...end,
    why: 'what it does by itself',
    ...(!course.lies && {
      leastWallInS: Math.max(wallInS.least, endedInS?.least ?? 0) - EARLY_IN_S,
      leastCpuInS: usedInS,
      leastPeakInMb: end.status === 0 && !course.childIsTheHog ? course.memInMb.least : 0,
    }),
  };
  return [natural];
}

/** What may stand in its way that is no limit of time or memory. */
function obstacleEnds({ behaviour, limits }: DrawnCall, { pidsRefused }: Measured): Possible[] {
  const { refused, tasks, scratchInMb, resultInBytes } = behaviour.course;
  const ends: Possible[] = [];
  if (refused !== null && tasks.most > extraTasks(limits) && pidsRefused.most > 0)
    ends.push({ ...refused, phase: 'call', why: 'a task more than it may have' });
  if (scratchInMb.most > limits.scratchInMb)
    ends.push({
      status: 'SubprocessException',
      reasons: ['osError'],
      osErrno: [28],
      exitCodes: [0],
      phase: 'call',
      why: '/tmp is smaller than what it writes',
    });
  if (resultInBytes.most > limits.maxResultInMb * 2 ** 20)
    ends.push({
      status: 'PynisherError',
      reasons: ['tooLarge'],
      exitCodes: [0],
      phase: 'call',
      message: new RegExp(`^The result has [\\d.]+ MB: maxResultInMb is ${limits.maxResultInMb}\\.`),
      why: 'the result is larger than it may be',
    });
  return ends;
}

/** Tasks it may have beside the one it runs in. */
function extraTasks({ numProcesses }: DrawnCall['limits']): number {
  return numProcesses === null ? Number.POSITIVE_INFINITY : numProcesses - 1;
}

/**
 * How the process may exit when it ends by itself in spite of a limit: before it is killed, because it has heard of it, or because V8's
 * heap is full at the same time.
 */
function ownExitCodes({ behaviour, limits }: DrawnCall): readonly (number | null)[] {
  const { end, onNotice, heap } = behaviour.course;
  const heard = limits.gracePeriodInS > 0 && onNotice !== null && onNotice.status !== 0 ? onNotice.exitCodes : [];
  const givesUp = heap && limits.memInMb !== null ? V8_GIVES_UP : [];
  return [...(end?.exitCodes ?? []), ...(heard ?? []), ...givesUp];
}

/** How much sooner than the limit the function's own clock may have said that it ended: as much later it may have begun. */
function beganLateIn({ lastedInS }: Measured): number {
  return lastedInS === null ? 0 : lastedInS.most - lastedInS.least;
}

function abortEnds(call: DrawnCall, measured: Measured): Possible[] {
  const { abortedInS, endedInS, lastedInS } = measured;
  const { limits, behaviour } = call;
  const { course } = behaviour;
  if (abortedInS === null || lastedInS === null || returnsOnNotice(course, limits)) return [];
  const excluded =
    // A function that ends at once may have ended before.
    (course.end !== null && longestInS(course, measured) < abortedInS.least) ||
    (endedInS !== null && endedInS.most < abortedInS.least - NOTED_LATE_IN_S) ||
    // The first that is noted counts.
    (limits.wallTimeInS !== null && abortedInS.least > limits.wallTimeInS + NOTED_LATE_IN_S);
  if (excluded) return [];
  const leastWallInS = course.end === null ? abortedInS.least - EARLY_IN_S : 0;
  return [{ ...aborted, exitCodes: [...KILLED, ...ownExitCodes(call)], leastWallInS, why: 'the caller aborts it' }];
}

/** A function that hears of a limit and returns in the grace period has returned. */
function noticedEnds({ behaviour, limits }: DrawnCall, { lastedInS, abortedInS }: Measured): Possible[] {
  const { onNotice } = behaviour.course;
  if (onNotice?.status !== 0 || limits.gracePeriodInS === 0 || lastedInS === null) return [];
  const late = lastedInS.most - lastedInS.least;
  const told = [
    ...(limits.wallTimeInS !== null && lastedInS.most >= limits.wallTimeInS - EARLY_IN_S ? [limits.wallTimeInS - late] : []),
    ...(abortedInS === null ? [] : [abortedInS.least]),
  ];
  if (told.length === 0) return [];
  return [
    {
      ...onNotice,
      phase: 'call',
      leastWallInS: Math.min(...told) - EARLY_IN_S,
      leastPeakInMb: behaviour.course.memInMb.least,
      why: 'it returns when it is told',
    },
  ];
}

function wallEnds(call: DrawnCall, measured: Measured): Possible[] {
  const { behaviour, limits } = call;
  const { wallTimeInS, gracePeriodInS, cpuTimeInS } = limits;
  const { course } = behaviour;
  const { lastedInS, endedInS, abortedInS } = measured;
  if (wallTimeInS === null || lastedInS === null || lastedInS.most < wallTimeInS - EARLY_IN_S) return [];
  // Within it, a function may return; unless the notice itself is the end of it.
  const diesOfNotice = course.onNotice !== null && course.onNotice.status !== 0;
  const grace = course.end?.status === 0 && !diesOfNotice ? gracePeriodInS : 0;
  const excluded =
    (course.end !== null && longestInS(course, measured) < wallTimeInS + grace) ||
    (endedInS !== null && endedInS.most < wallTimeInS + grace - NOTED_LATE_IN_S) ||
    // The first that is noted counts.
    (abortedInS !== null && abortedInS.most + NOTED_LATE_IN_S < wallTimeInS) ||
    (cpuTimeInS !== null && measured.cpuReachedInS(cpuTimeInS) + NOTED_LATE_IN_S < wallTimeInS);
  if (excluded) return [];
  const ends: Possible[] = [];
  const phase = course.phase;
  const late = course.end === null ? 0 : beganLateIn(measured);
  const atKill = wallTimeInS + gracePeriodInS;
  if (lastedInS.most >= atKill - EARLY_IN_S)
    ends.push({
      ...timedOut,
      phase,
      exitCodes: KILLED,
      leastWallInS: atKill - EARLY_IN_S - late,
      why: 'the wall limit may be met first',
    });
  const exitCodes = ownExitCodes(call);
  if (exitCodes.length > 0)
    ends.push({
      ...timedOut,
      phase,
      exitCodes,
      leastWallInS: wallTimeInS - EARLY_IN_S - beganLateIn(measured),
      why: 'it may end by itself after its wall limit',
    });
  return ends;
}

function cpuEnds(call: DrawnCall, measured: Measured): Possible[] {
  const { behaviour, limits } = call;
  const { cpuTimeInS } = limits;
  const { course } = behaviour;
  const { cpuInS, lastedInS, abortedInS } = measured;
  if (cpuTimeInS === null || lastedInS === null || course.cpuInS.most < cpuTimeInS || returnsOnNotice(course, limits))
    return [];
  // So much CPU time takes at least so long, whoever counts.
  const coresInUse = Math.min(availableParallelism(), limits.cpus ?? Number.POSITIVE_INFINITY);
  if (cpuInS.most < cpuTimeInS || lastedInS.most * availableParallelism() < cpuTimeInS) return [];
  // The first that is noted counts: so much cannot have been used before it was aborted.
  if (abortedInS !== null && abortedInS.most + NOTED_LATE_IN_S < cpuTimeInS / coresInUse) return [];
  const common = { ...cpuTimedOut, phase: course.phase, leastCpuInS: cpuTimeInS };
  const exitCodes = ownExitCodes(call);
  return [
    { ...common, exitCodes: KILLED, why: 'the CPU limit may be met first' },
    ...(exitCodes.length > 0 ? [{ ...common, exitCodes, why: 'it may end by itself over its CPU limit' }] : []),
  ];
}

function memoryEnds({ behaviour, limits }: DrawnCall, { oomKills, endedInS }: Measured): Possible[] {
  const { memInMb, heap, childIsTheHog, end, phase } = behaviour.course;
  // A function that has told of its end has kept all that it keeps.
  if (end?.status === 'MemorylimitException' || limits.memInMb === null || childIsTheHog) return [];
  const usable = heap ? HEAP_SHARE * (limits.memInMb - NODE_IN_MB) : limits.memInMb;
  if (memInMb.most <= usable) return [];
  const ends: Possible[] = [];
  if (oomKills === null || oomKills > 0)
    ends.push({
      ...outOfMemory,
      reasons: ['oomKilled', 'memoryPeak'],
      exitCodes: KILLED,
      phase,
      leastPeakInMb: 0.99 * limits.memInMb,
      why: 'the kernel may kill it at its memory limit',
    });
  if (heap && endedInS === null)
    ends.push({
      ...outOfMemory,
      reasons: ['heapExhausted'],
      exitCodes: V8_GIVES_UP,
      phase,
      why: "V8's heap may be full first",
    });
  return ends;
}

/** The longest that a function takes which ends by itself, where others want the cores too, by twice what the average says. */
function longestInS({ wallInS, cpuInS }: Course, { rivals }: Measured): number {
  return wallInS.most + LATE_IN_S + cpuInS.most * 2 * Math.max(1, rivals);
}

function returnsOnNotice({ onNotice }: Course, { gracePeriodInS }: DrawnCall['limits']): boolean {
  return onNotice?.status === 0 && gracePeriodInS > LATE_IN_S;
}
