import { isDeepStrictEqual } from 'node:util';
import {
  AnythingException,
  CpuTimeoutException,
  MemorylimitException,
  type Outcome,
  PynisherError,
  SignalException,
  SubprocessException,
  TimeoutException,
} from '../../src/index.js';
import { outputProblems } from './check-output.js';
import type { End } from './course.js';
import type { DrawnCall } from './draw-call.js';
import type { Made } from './make-call.js';
import { type Measured, measure } from './measure.js';
import { EARLY_IN_S, type Possible, possibleEnds } from './oracle.js';

export interface Judged {
  readonly measured: Measured;
  readonly possible: readonly Possible[];
  /** What is wrong with the outcome; empty when nothing is. */
  readonly problems: readonly string[];
}

/** Compares an outcome with the oracle, and with what clocks and the kernel said. */
export function checkCall(call: DrawnCall, made: Made): Judged {
  const measured = measure(made);
  const possible = possibleEnds(call, measured);
  const matching = possible.filter((end) => mismatches(end, made).length === 0);
  const expected = possible.map(({ status, why }) => `${status} (${why})`).join(' or ');
  const wrong =
    matching.length > 0
      ? []
      : [
          `expected ${expected || 'nothing that was found possible'}`,
          ...possible.filter(({ status }) => status === made.outcome.exitStatus).flatMap((end) => mismatches(end, made)),
          ...(possible.some(({ status }) => status === made.outcome.exitStatus)
            ? []
            : [`the status is ${made.outcome.exitStatus}`]),
        ];
  return {
    measured,
    possible,
    problems: [
      ...wrong,
      ...selfContradictions(made.outcome, made.reason),
      ...outputProblems(call, made, measured),
      ...clockProblems(call, made, measured),
      ...kernelProblems(call, made, measured),
      ...containerProblems(call, made),
    ],
  };
}

function mismatches(end: Possible, { outcome, reason }: Made): string[] {
  if (end.status !== outcome.exitStatus) return [`the status is ${outcome.exitStatus}`];
  const one = <T>(what: string, values: readonly T[] | undefined, value: T) =>
    values === undefined || values.includes(value) ? [] : [`${what} is ${value}, not ${values.join(' or ')}`];
  const least = (what: string, bound: number | undefined, value: number) =>
    value >= (bound ?? 0) ? [] : [`${what} is ${value}, and was at least ${bound}`];
  const message = outcome.error?.message ?? '';
  return [
    ...one('the reason', end.reasons, reason),
    ...one('exitCode', end.exitCodes, outcome.exitCode),
    ...one('osErrno', end.osErrno, outcome.osErrno ?? 0),
    ...one('signal', 'signal' in end ? [end.signal ?? null] : undefined, outcome.signal),
    ...one('the phase', end.phase && [end.phase], outcome.phase),
    ...(end.message === undefined || end.message.test(message) ? [] : [`the message is ${message.slice(0, 200)}`]),
    ...least('wallClockTime', end.leastWallInS, outcome.wallClockTime),
    ...least('cpuTime', end.leastCpuInS, outcome.cpuTime),
    ...least('peakMemory in MB', end.leastPeakInMb, outcome.peakMemory / 2 ** 20),
    ...resultMismatch(end, outcome),
  ];
}

function resultMismatch(end: End, outcome: Outcome): string[] {
  return !('result' in end) || isDeepStrictEqual(end.result, outcome.result) ? [] : ['the result is another'];
}

/** docs/outcomes.md, "Exit statuses" and "Order of precedence". */
const exceptions = {
  CpuTimeoutException: [CpuTimeoutException, 'ERR_CPU_TIME', ['cpuTime']],
  TimeoutException: [TimeoutException, 'ERR_WALL_TIME', ['wallTime']],
  MemorylimitException: [
    MemorylimitException,
    'ERR_MEMORY',
    ['startMemory', 'oomKilled', 'heapExhausted', 'allocationRefused', 'memoryPeak'],
  ],
  SubprocessException: [SubprocessException, 'ERR_OS', ['osError', 'pidsRefused']],
  SignalException: [SignalException, 'ERR_SIGNAL', ['abort', 'signal']],
  AnythingException: [
    AnythingException,
    'ERR_ANYTHING',
    ['packing', 'threw', 'exited', 'neverSettles', 'noSuchExport', 'killed'],
  ],
  PynisherError: [PynisherError, 'ERR_INTERNAL', ['fault', 'uncarriable', 'tooLarge', 'runnerFailed', 'lost', 'noStart']],
} as const;

/** What an outcome must be whatever happened. */
function selfContradictions(outcome: Outcome, reason: string): string[] {
  const { exitStatus, error, result, osErrno, signal, stdoutTruncated, stderrTruncated, timings } = outcome;
  const wrong = (when: boolean, what: string) => (when ? [what] : []);
  const common = [
    ...wrong((exitStatus === 'SubprocessException') !== (osErrno !== null), `osErrno ${osErrno} with ${exitStatus}`),
    ...wrong(exitStatus === 'SignalException' && signal === null, 'a SignalException without a signal'),
    ...wrong(stdoutTruncated !== outcome.stdoutDroppedBytes > 0, 'stdoutTruncated is not what was dropped'),
    ...wrong(stderrTruncated !== outcome.stderrDroppedBytes > 0, 'stderrTruncated is not what was dropped'),
    ...wrong(outcome.stdout !== Buffer.from(outcome.stdoutBytes).toString('utf8'), 'stdout is not its bytes'),
    ...wrong(outcome.stderr !== Buffer.from(outcome.stderrBytes).toString('utf8'), 'stderr is not its bytes'),
    ...wrong(
      Object.values(timings).some((seconds) => !(seconds >= 0)),
      'a timing is less than 0',
    ),
    ...wrong(!(outcome.wallClockTime >= 0 && outcome.cpuTime >= 0 && outcome.peakMemory >= 0), 'usage is less than 0'),
  ];
  if (exitStatus === 0)
    return [...common, ...wrong(error !== null, 'it returned, with an error'), ...wrong(signal !== null, 'and with a signal')];
  const [exception, code, reasons] = exceptions[exitStatus];
  return [
    ...common,
    ...wrong(result !== null, 'it failed, with a result'),
    ...wrong(error?.code !== code, `error.code is ${error?.code}`),
    ...wrong(error?.name !== exitStatus, `error.name is ${error?.name}`),
    ...wrong(!(error instanceof exception), `error is no ${exitStatus}`),
    ...wrong(!(reasons as readonly string[]).includes(reason), `the reason of ${exitStatus} is ${reason}`),
  ];
}

/** No more can have passed than between two moments that this program saw itself. */
function clockProblems(
  { behaviour, method }: DrawnCall,
  { outcome, marks, calledAtInS, outcomeAtInS }: Made,
  measured: Measured,
): string[] {
  const { wallClockTime, timings } = outcome;
  const most = (measured.lastedInS?.most ?? (method === 'spawn' ? measured.elapsedInS : measured.containerInS)) + EARLY_IN_S;
  const total = Object.values(timings).reduce((sum, seconds) => sum + seconds, 0);
  const began = marks.began?.atInS ?? calledAtInS;
  return [
    ...(wallClockTime > most ? [`wallClockTime is ${wallClockTime} of at most ${most} s`] : []),
    ...(total > measured.elapsedInS + EARLY_IN_S ? [`the timings are ${total} of ${measured.elapsedInS} s`] : []),
    ...(began < calledAtInS || began > outcomeAtInS ? ['it began before it was called, or after its outcome'] : []),
    ...(marks.began !== null && outcome.phase !== behaviour.course.phase
      ? [`the phase is ${outcome.phase}, and it had begun`]
      : []),
  ];
}

/** Room for what the kernel counts in batches per processor, and for what is charged between two readings. */
const MEMORY_ROOM_IN_BYTES = 24 * 2 ** 20;
/** Between two readings of nisher's own, the last before a container ends by itself, all its cores may be at work. */
const CPU_ROOM_IN_S = 0.25;

function kernelProblems({ limits, behaviour }: DrawnCall, { outcome, reason }: Made, measured: Measured): string[] {
  const { course } = behaviour;
  const { exitStatus, cpuTime, peakMemory } = outcome;
  const problems: string[] = [];
  const kills = measured.oomKills ?? 0;
  // A limit noted before the kernel struck decides.
  const stopped = ['TimeoutException', 'CpuTimeoutException'].includes(String(exitStatus)) || reason === 'abort';
  if (kills > 0 && exitStatus !== 'MemorylimitException' && !stopped && !course.childIsTheHog)
    problems.push(`the kernel killed ${kills} for memory, and it is not said`);
  if (reason === 'oomKilled' && measured.oomKills === 0)
    problems.push('called out of memory, and the kernel killed nobody for it');
  if (limits.memInMb !== null && peakMemory > limits.memInMb * 2 ** 20)
    problems.push(`peakMemory ${peakMemory} is over the limit`);
  if (cpuTime > measured.cpuInS.most)
    problems.push(`cpuTime is ${cpuTime}, the kernel counted at most ${measured.cpuInS.most}`);
  // One that has forged its end goes on after it.
  if (!course.lies && cpuTime < measured.cpuInS.least - CPU_ROOM_IN_S)
    problems.push(`cpuTime is ${cpuTime}, the kernel counted at least ${measured.cpuInS.least}`);
  if (reason === 'pidsRefused' && measured.pidsRefused.most <= 0)
    problems.push('a refused process is said, and the kernel refused none');
  if ((exitStatus === 0 || stopped) && !course.lies && measured.chargedInBytes > peakMemory + MEMORY_ROOM_IN_BYTES)
    problems.push(`peakMemory is ${peakMemory}, ${measured.chargedInBytes} were charged`);
  return problems;
}

/** The container was the call's own, unless it was to be shared. */
function containerProblems({ method, servesBefore }: DrawnCall, { outcome, marks, servedBefore }: Made): string[] {
  const { create, start } = outcome.timings;
  const served = marks.began?.served ?? 0;
  const shared = method === 'forkserver' && servesBefore > 0;
  return [
    ...(served > (shared ? servedBefore : 0) ? [`its process had served ${served} calls before`] : []),
    ...(method === 'spawn' && outcome.meter !== null && !(create > 0 && start > 0) ? ['no container was started for it'] : []),
  ];
}
