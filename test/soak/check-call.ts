import { availableParallelism, loadavg } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Outcome } from '../../src/index.js';
import type { Course, End } from './course.js';
import type { DrawnCall } from './draw-call.js';
import { type Possible, possibleEnds } from './oracle.js';
import type { Seen } from './witness.js';

export interface Judged {
  readonly possible: readonly Possible[];
  /** What is wrong with the outcome; empty when nothing is. */
  readonly problems: readonly string[];
}

/** Compares an outcome with the oracle, and with what a clock and the kernel said. */
export function checkCall(call: DrawnCall, outcome: Outcome, elapsedInS: number, seen: Seen | null): Judged {
  const possible = possibleEnds(call, {
    elapsedInS,
    mostCpuInS: seen === null ? null : mostCpu(seen),
    rivals: (loadavg()[0] ?? 0) / availableParallelism(),
  });
  const matching = possible.filter((end) => mismatches(end, outcome).length === 0);
  const expected = possible.map(({ status }) => String(status)).join(' or ');
  const wrong =
    matching.length > 0
      ? []
      : [
          `expected ${expected || 'nothing that was found possible'}`,
          ...possible.filter(({ status }) => status === outcome.exitStatus).flatMap((end) => mismatches(end, outcome)),
        ];
  return {
    possible,
    problems: [
      ...wrong,
      ...outputProblems(call.behaviour.course, call, outcome),
      ...contradictions(call, outcome, elapsedInS, seen),
    ],
  };
}

function mismatches(end: End, outcome: Outcome): string[] {
  if (end.status !== outcome.exitStatus) return [`the status is ${outcome.exitStatus}`];
  return [
    ...(end.osErrno === undefined || end.osErrno.includes(outcome.osErrno ?? 0) ? [] : [`osErrno is ${outcome.osErrno}`]),
    ...(end.exitCode === undefined || end.exitCode === outcome.exitCode ? [] : [`exitCode is ${outcome.exitCode}`]),
    ...(end.signal === undefined || end.signal === outcome.signal ? [] : [`signal is ${outcome.signal}`]),
    ...(end.phase === undefined || end.phase === outcome.phase ? [] : [`the phase is ${outcome.phase}`]),
    ...('result' in end && !isDeepStrictEqual(end.result, outcome.result) ? ['the result is another'] : []),
  ];
}

/** All that was printed is there, or counted. */
function outputProblems({ printsBytes }: Course, { limits }: DrawnCall, outcome: Outcome): string[] {
  if (printsBytes === null || outcome.exitStatus !== 0) return [];
  const cap = limits.maxOutputInMb * 2 ** 20;
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const kept = outcome[`${stream}Bytes`].length;
    const dropped = outcome[`${stream}DroppedBytes`];
    const right = Math.min(printsBytes[stream], cap);
    if (kept === right && kept + dropped === printsBytes[stream]) return [];
    return [`of ${printsBytes[stream]} bytes on ${stream} ${kept} were kept and ${dropped} dropped; ${right} could be kept`];
  });
}

/** Room for what the kernel counts in batches per processor, and for what is charged between two readings. */
const MEMORY_ROOM_IN_BYTES = 24 * 2 ** 20;
/** Node's start, unpacking and loading, on a busy machine. */
const START_CPU_IN_S = 4;
/** A reading of ours and one of nisher's own are this far apart. */
const CPU_ROOM_IN_S = 0.05;

function contradictions(call: DrawnCall, outcome: Outcome, elapsedInS: number, seen: Seen | null): string[] {
  const { limits } = call;
  const bytes = limits.memInMb === null ? null : limits.memInMb * 2 ** 20;
  const problems = [
    ...(outcome.wallClockTime > elapsedInS ? [`wallClockTime is ${outcome.wallClockTime} of ${elapsedInS} s`] : []),
    ...(bytes !== null && outcome.peakMemory > bytes ? [`peakMemory ${outcome.peakMemory} is over the limit`] : []),
  ];
  if (seen === null || seen.counters === null) return problems;
  return [...problems, ...kernelContradictions(call, outcome, seen, seen.counters)];
}

function kernelContradictions(
  call: DrawnCall,
  outcome: Outcome,
  seen: Seen,
  counters: NonNullable<Seen['counters']>,
): string[] {
  const { limits, behaviour } = call;
  const { exitStatus } = outcome;
  const problems: string[] = [];
  const kills = seen.loggedOomKills ?? counters.oomKills;
  if (exitStatus === 'MemorylimitException' && outcome.exitCode === 137 && kills === 0)
    problems.push('called out of memory, and the kernel killed nobody for it');
  // A limit noted before the kernel struck decides.
  const stopped = ['TimeoutException', 'CpuTimeoutException', 'SignalException'].includes(String(exitStatus));
  if (kills > 0 && exitStatus !== 'MemorylimitException' && !stopped && !behaviour.course.childIsTheHog)
    problems.push(`the kernel killed ${kills} for memory, and it is not said`);
  if (exitStatus === 'CpuTimeoutException' && mostCpu(seen) < (limits.cpuTimeInS ?? 0))
    problems.push(`the kernel counted at most ${mostCpu(seen)} s of CPU time`);
  if (outcome.cpuTime > mostCpu(seen))
    problems.push(`cpuTime is ${outcome.cpuTime}, the kernel counted at most ${mostCpu(seen)}`);
  if (call.method === 'spawn' && outcome.cpuTime < counters.cpuInS - START_CPU_IN_S)
    problems.push(`cpuTime is ${outcome.cpuTime}, the kernel counted ${counters.cpuInS} with the start`);
  if (
    exitStatus === 'SubprocessException' &&
    outcome.osErrno === 11 &&
    counters.pidsRefused === 0 &&
    seen.sampledAtInMs >= seen.outcomeAtInMs
  )
    problems.push('a refused process is said, and the kernel refused none');
  if (outcome.phase === 'call' && exitStatus === 0 && seen.mostMemInBytes > outcome.peakMemory + MEMORY_ROOM_IN_BYTES)
    problems.push(`peakMemory is ${outcome.peakMemory}, ${seen.mostMemInBytes} were charged`);
  return problems;
}

/** The last sample, and what all cores can have added until the end. */
function mostCpu({ counters, endedAtInMs, sampledAtInMs }: Seen): number {
  if (counters === null) return Number.POSITIVE_INFINITY;
  return counters.cpuInS + (availableParallelism() * Math.max(0, endedAtInMs - sampledAtInMs)) / 1000 + CPU_ROOM_IN_S;
}
