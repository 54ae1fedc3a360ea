import { type LimitedCallError, type LimitedCallErrorOptions, makeException } from '../exceptions.js';
import type { Limits } from '../limits.js';
import type { End, LimitKind } from '../wire/protocol.js';
import type { Reason, Verdict } from './classify.js';
import { describeThrown } from './describe-thrown.js';
import type { Evidence } from './evidence.js';
import type { Used } from './watch.js';

/** What an explanation needs beside the verdict. */
export interface Circumstances {
  readonly evidence: Evidence;
  readonly limits: Limits;
  readonly used: Used;
  /** What the function threw, rebuilt on this side. */
  readonly thrown: unknown;
  /** For messages. */
  readonly functionName: string;
  /** What sends a file that the function missed; null when there is none. */
  readonly missingHint: string | null;
}

/** The exception for a verdict: what happened, with which value, and what to do next. */
export function explain(verdict: Verdict & { exitStatus: string }, about: Circumstances): LimitedCallError {
  const { message, ...options } = explanations[verdict.reason](about, verdict);
  return makeException(verdict.exitStatus, message, options);
}

type Explanation = LimitedCallErrorOptions & { message: string };

const memoryHint = 'Raise memInMb (Node itself takes about 10 of them), or let the function keep less at once';

/** One entry for each reason that classify can give. */
const explanations: Record<Exclude<Reason, 'returned'>, (about: Circumstances, verdict: Verdict) => Explanation> & {
  returned: () => Explanation;
} = {
  // A call that returned has no exception.
  returned: () => ({ message: 'The function returned' }),
  wallTime: ({ evidence, limits, used, thrown }) => ({
    message: `Stopped ${during(evidence)} after ${seconds(used.wallInS)}: wallTimeInS is ${limits.wallTimeInS}`,
    hint: 'Raise wallTimeInS, or give the function less to do',
    ...causeOf(thrown),
  }),
  cpuTime: ({ evidence, limits, used, thrown }) => ({
    message: `Stopped ${during(evidence)} after ${seconds(used.cpuInS)} of CPU time, over all its processes: cpuTimeInS is ${limits.cpuTimeInS}`,
    hint: 'Raise cpuTimeInS, or give the function less to do',
    ...causeOf(thrown),
  }),
  abort: ({ limits }) => ({ message: 'The caller aborted the call', ...causeOf(limits.signal?.reason) }),
  startMemory: ({ evidence, limits }) => ({
    message: `${evidence.fault?.message ?? 'The container could not start under its memory limit'}: memInMb is ${megabytes(limits.memInBytes)}`,
    hint: memoryHint,
    ...causeOf(evidence.fault?.cause),
  }),
  oomKilled: (about) => outOfMemory(about, 'the kernel killed a process of it'),
  heapExhausted: (about) => outOfMemory(about, "V8's heap was full"),
  memoryPeak: (about) => outOfMemory(about, 'it was killed at its limit'),
  allocationRefused: (about) => outOfMemory(about, 'an allocation was refused'),
  osError: ({ thrown, missingHint }, { osErrno }) => ({
    message: `The function failed with an operating-system error, errno ${osErrno}: ${describeThrown(thrown)}`,
    ...hintOf(missingHint),
    ...causeOf(thrown),
  }),
  pidsRefused: ({ evidence, limits, thrown }) => ({
    message: `The function failed after ${evidence.pidsRefused} process${evidence.pidsRefused === 1 ? ' or thread was' : 'es or threads were'} refused (EAGAIN, errno 11): numProcesses is ${limits.numProcesses}`,
    hint: 'Raise numProcesses; threads count, and a child node process has 11 of them',
    ...causeOf(thrown),
  }),
  signal: ({ evidence }, { signal }) => ({ message: `${signal} ended the function's process ${during(evidence)}` }),
  killed: () => ({
    message: "The function's process was killed with SIGKILL, by itself or by somebody outside: no limit was reached",
    hint: 'Look for who kills containers or stops the engine on that machine',
  }),
  threw: ({ evidence, thrown, functionName, missingHint }) => ({
    message:
      evidence.phase === 'load'
        ? `The function's module threw while it was loaded: ${describeThrown(thrown)}`
        : `${functionName} threw ${describeThrown(thrown)}`,
    ...hintOf(missingHint),
    ...causeOf(thrown),
  }),
  exited: ({ evidence, functionName }) => ({
    message: `The process exited with code ${exitCodeOf(evidence)} ${evidence.phase === 'load' ? 'while the module was loaded' : `before ${functionName} returned`}`,
    hint: 'Return or throw instead of calling process.exit; what it printed is in outcome.stderr with captureOutput',
  }),
  neverSettles: ({ evidence, functionName }) => ({
    message:
      evidence.phase === 'load'
        ? 'The module never finished loading: its top-level await waits for something that nothing is left to do'
        : `${functionName} never settles: nothing is left to run, and its promise is still pending`,
    hint: 'Look for a promise that nobody resolves',
  }),
  noSuchExport: ({ evidence, functionName }) => {
    const end = evidence.end?.status === 'noSuchExport' ? evidence.end : { exports: [], foundType: 'undefined' };
    return {
      code: 'ERR_PACK',
      message:
        end.foundType === 'undefined'
          ? `The module has no export ${functionName}`
          : `The export ${functionName} is no function but of type ${end.foundType}`,
      hint:
        end.exports.length === 0
          ? 'It exports nothing'
          : `Its exports are ${end.exports.map((name) => `'${name}'`).join(', ')}`,
    };
  },
  packing: (about) => ({
    ...(about.evidence.end?.status === 'unloadable' ? unloadable(about.evidence.end) : faultOf(about)),
    code: 'ERR_PACK',
  }),
  fault: faultOf,
  uncarriable: ({ evidence }) => {
    const end = evidence.end?.status === 'uncarriable' ? evidence.end : { path: 'result', problem: 'cannot be carried' };
    return {
      message: `The result cannot be carried out of the container: ${end.path} ${end.problem}`,
      hint: 'Return plain data: see docs/values.md',
    };
  },
  tooLarge: ({ evidence, limits }) => ({
    message: `The result has ${megabytes(evidence.end?.status === 'tooLarge' ? evidence.end.valueInBytes : null)} MB: ${
      Number.isFinite(limits.maxResultInBytes)
        ? `maxResultInMb is ${megabytes(limits.maxResultInBytes)}`
        : 'more than can be encoded'
    }`,
    hint: Number.isFinite(limits.maxResultInBytes)
      ? 'Raise maxResultInMb, or return less'
      : 'Return less, or buffers rather than strings',
  }),
  runnerFailed: ({ evidence }) => ({
    message: `The runner in the container could not go on: ${evidence.end?.status === 'failed' ? evidence.end.problem : 'it did not say why'}`,
    hint: 'Is there room for the code and its arguments? Raise memInMb, and see `nisher doctor`',
  }),
  lost: ({ evidence }) => ({
    message: `The container's end was not seen: ${evidence.exit?.kind === 'lost' ? evidence.exit.reason : 'its connection ended first'}`,
    hint: 'Was the container removed, or the engine stopped? `nisher doctor` looks at the engine',
  }),
  noStart: ({ evidence }) => ({
    message: `The container ended with exit code ${exitCodeOf(evidence)} before nisher's runner was up`,
    hint: '`nisher doctor` tries the engine with a container of each kind',
  }),
};

function unloadable({ problem, place, line, isImport }: End & { status: 'unloadable' }): Explanation {
  const column = Number(/:(\d+)$/.exec(place)?.[1] ?? 1);
  const quoted = line.trim() === '' ? '' : `\n    ${line}\n    ${' '.repeat(Math.min(column, line.length + 1) - 1)}^`;
  return {
    message: `${place}: ${problem}${quoted}`,
    hint: isImport
      ? "Source text can import Node's own modules, its other texts, and what `packages` names"
      : 'The text must compile before it can be called',
  };
}

function hintOf(hint: string | null): { hint?: string } {
  return hint === null ? {} : { hint };
}

function faultOf({ evidence }: Circumstances): Explanation {
  const { kind, message = 'An internal fault', hint, cause } = evidence.fault ?? {};
  // Without a limit of the call's, memory is short on the machine.
  const machineHint = "The engine's machine has no memory left: free some, or let fewer calls run at once (maxConcurrency)";
  return { message, hint: hint ?? (kind === 'memory' ? machineHint : undefined), ...causeOf(cause) };
}

function outOfMemory({ evidence, limits, used, thrown }: Circumstances, how: string): Explanation {
  const limit = limits.memInBytes === null ? 'no memInMb was set' : `memInMb is ${megabytes(limits.memInBytes)}`;
  return {
    message: `Out of memory ${during(evidence)} (${how}; peak ${megabytes(used.peakInBytes)} MB): ${limit}`,
    hint: memoryHint,
    ...causeOf(thrown),
  };
}

/** The message that limitSignal's reason carries in the container. */
export function noticeMessage(kind: LimitKind, limits: Limits): string {
  if (kind === 'abort') return 'The caller aborted the call';
  return kind === 'wallTime'
    ? `Wall time reached wallTimeInS, ${limits.wallTimeInS}`
    : `CPU time reached cpuTimeInS, ${limits.cpuTimeInS}`;
}

function during({ phase }: Evidence): string {
  if (phase === 'call') return 'in the function';
  return phase === 'load' ? "while the function's module was loaded" : 'before the container was ready';
}

function exitCodeOf({ end, exit }: Evidence): number | string {
  if (end?.status === 'exiting') return end.exitCode;
  return exit?.kind === 'exited' ? exit.exitCode : 'unknown';
}

function causeOf(cause: unknown): { cause?: unknown } {
  return cause === undefined ? {} : { cause };
}

function seconds(value: number): string {
  return `${Number(value.toFixed(3))} s`;
}

function megabytes(bytes: number | null): string {
  return bytes === null ? 'unknown' : String(Number((bytes / 2 ** 20).toFixed(1)));
}
