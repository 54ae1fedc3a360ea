import { availableParallelism } from 'node:os';
import type { Course, End } from './course.js';
import type { DrawnCall } from './draw-call.js';

/**
 * How a call may end: an oracle that knows what the function does, its limits, and what a clock and the kernel's counters said; of nisher's
 * own way to a verdict it knows nothing. It excludes what cannot have been. What is left is right; where that is more than one
 * thing, each says why it cannot be excluded.
 */
export interface Possible extends End {
  readonly why: string;
}

/** What was measured by the test itself. */
export interface Measured {
  /** From the call until its outcome, on the test's own clock. */
  readonly elapsedInS: number;
  /** CPU time of the container, as much as it can have been by its end; null when it was not seen. */
  readonly mostCpuInS: number | null;
  /** How many wanted each core of the machine, on average: load average(5) by the number of cores. */
  readonly rivals: number;
}

/** How late a machine that is busy with other things may be. */
const LATE_IN_S = 5;

/** The longest that a function takes which ends by itself, where others want the cores too, by twice what the average says. */
function longestInS({ wallInS, cpuInS }: Course, { rivals }: Measured): number {
  return wallInS.most + LATE_IN_S + cpuInS.most * 2 * Math.max(1, rivals);
}
/** Node, and what is left for V8's heap: docs/limits.md, "Memory". */
const NODE_IN_MB = 16;
const HEAP_SHARE = 0.93;
/** Less is refused before anything is started, whatever the function does. */
const LEAST_MEMORY_IN_MB = 14;

export function possibleEnds(call: DrawnCall, measured: Measured): Possible[] {
  const { limits, behaviour, abortAfterInS } = call;
  const { course } = behaviour;
  const aborted = abortEnds(abortAfterInS, course, measured);
  if (limits.memInMb !== null && limits.memInMb < LEAST_MEMORY_IN_MB)
    return [{ status: 'MemorylimitException', why: 'too little to start with' }, ...aborted];
  return [
    ...naturalEnds(call, measured),
    ...aborted,
    ...noticedEnds(call, measured),
    ...loadEnds(call, measured),
    ...(wallLimitMayEnd(call, measured)
      ? [{ status: 'TimeoutException' as const, why: 'the wall limit may be met first' }]
      : []),
    ...(cpuLimitMayEnd(call, measured)
      ? [{ status: 'CpuTimeoutException' as const, why: 'the CPU limit may be met first' }]
      : []),
    ...(memoryMayEnd(call) ? [{ status: 'MemorylimitException' as const, why: 'the memory limit may be met first' }] : []),
  ];
}

/** What the function itself comes to, where no limit is sure to be met before that. */
function naturalEnds(call: DrawnCall, { elapsedInS }: Measured): Possible[] {
  const { behaviour, limits, abortAfterInS } = call;
  const { course } = behaviour;
  const { end, tasks } = course;
  const obstacles = obstacleEnds(course, limits);
  // In the grace period it may still return, and only return.
  const grace = end?.status === 0 ? limits.gracePeriodInS : 0;
  const wall = course.wallInS.least;
  const excluded =
    end === null ||
    tasks.least > extraTasks(limits) ||
    course.scratchInMb.least > limits.scratchInMb ||
    course.resultInBytes.least > limits.maxResultInMb * 2 ** 20 ||
    elapsedInS < wall ||
    (limits.wallTimeInS !== null && wall > limits.wallTimeInS + grace) ||
    (limits.cpuTimeInS !== null && course.cpuInS.least > limits.cpuTimeInS + grace * course.cores) ||
    (limits.memInMb !== null && course.memInMb.least > limits.memInMb && !course.childIsTheHog) ||
    (abortAfterInS !== null && wall > abortAfterInS + grace + LATE_IN_S);
  return excluded ? obstacles : [{ ...end, why: 'what it does by itself' }, ...obstacles];
}

/** What may stand in its way that is no limit of time or memory. */
function obstacleEnds({ refused, tasks, scratchInMb, resultInBytes }: Course, limits: DrawnCall['limits']): Possible[] {
  const ends: Possible[] = [];
  if (refused !== null && tasks.most > extraTasks(limits)) ends.push({ ...refused, why: 'a task more than it may have' });
  if (scratchInMb.most > limits.scratchInMb)
    ends.push({ status: 'SubprocessException', osErrno: [28], why: '/tmp is smaller than what it writes' });
  if (resultInBytes.most > limits.maxResultInMb * 2 ** 20)
    ends.push({ status: 'PynisherError', why: 'the result is larger than it may be' });
  return ends;
}

/** Tasks it may have beside the one it runs in. */
function extraTasks({ numProcesses }: DrawnCall['limits']): number {
  return numProcesses === null ? Number.POSITIVE_INFINITY : numProcesses - 1;
}

function abortEnds(abortAfterInS: number | null, course: Course, measured: Measured): Possible[] {
  if (abortAfterInS === null || measured.elapsedInS < abortAfterInS) return [];
  // A function that ends at once may have ended before.
  const possible = course.end === null || longestInS(course, measured) >= abortAfterInS;
  return possible ? [{ status: 'SignalException', signal: 'SIGTERM', why: 'the caller aborts it' }] : [];
}

/** Loading has the same wall limit for itself, and a module that hears nothing of it yet. */
function loadEnds({ limits }: DrawnCall, { elapsedInS }: Measured): Possible[] {
  const { wallTimeInS } = limits;
  if (wallTimeInS === null || wallTimeInS > LATE_IN_S || elapsedInS < wallTimeInS) return [];
  return [{ status: 'TimeoutException', phase: 'load', why: 'its loading may take that long on a busy machine' }];
}

/** A function that hears of a limit and returns in the grace period has returned. */
function noticedEnds({ behaviour, limits, abortAfterInS }: DrawnCall, { elapsedInS }: Measured): Possible[] {
  const { onNotice } = behaviour.course;
  if (onNotice?.status !== 0 || limits.gracePeriodInS === 0) return [];
  const told = Math.min(limits.wallTimeInS ?? Number.POSITIVE_INFINITY, abortAfterInS ?? Number.POSITIVE_INFINITY);
  return elapsedInS < told ? [] : [{ ...onNotice, why: 'it returns when it is told' }];
}

function wallLimitMayEnd({ behaviour, limits }: DrawnCall, measured: Measured): boolean {
  const { wallTimeInS, gracePeriodInS } = limits;
  const { course } = behaviour;
  if (
    wallTimeInS === null ||
    measured.elapsedInS < wallTimeInS + (returnsOnNotice(course, gracePeriodInS) ? gracePeriodInS : 0)
  )
    return false;
  // The kernel refuses before the time is over; so does a function that ends by itself.
  const grace = course.end?.status === 0 ? gracePeriodInS : 0;
  return course.end === null || longestInS(course, measured) >= wallTimeInS + grace;
}

function cpuLimitMayEnd({ behaviour, limits }: DrawnCall, { elapsedInS, mostCpuInS }: Measured): boolean {
  const { cpuTimeInS, gracePeriodInS } = limits;
  const { course } = behaviour;
  if (cpuTimeInS === null || course.cpuInS.most < cpuTimeInS || returnsOnNotice(course, gracePeriodInS)) return false;
  if (mostCpuInS !== null && mostCpuInS < cpuTimeInS) return false;
  // So much CPU time takes at least so long, whoever counts.
  return elapsedInS * availableParallelism() >= cpuTimeInS;
}

function returnsOnNotice({ onNotice }: Course, gracePeriodInS: number): boolean {
  return onNotice?.status === 0 && gracePeriodInS > LATE_IN_S;
}

function memoryMayEnd({ behaviour, limits }: DrawnCall): boolean {
  const { memInMb, heap, childIsTheHog, end } = behaviour.course;
  if (end?.status === 'MemorylimitException' || limits.memInMb === null || childIsTheHog) return false;
  const usable = heap ? HEAP_SHARE * (limits.memInMb - NODE_IN_MB) : limits.memInMb;
  return memInMb.most > usable;
}
