import { constants } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { watchMachineOoms } from '../../../src/engine/machine-ooms.js';
import type { ContextMethod, LimitOptions, Outcome } from '../../../src/index.js';
import { enforceLimits, getContext } from '../../../src/index.js';
import { decode } from '../../../src/wire/codec.js';
import { GuestFrame } from '../../../src/wire/protocol.js';
import { PROGRAM_VARIABLE, type Step } from '../../fixtures/hostile-runner/program.js';
import { patience } from '../../support/patience.js';
import type { Judgement } from '../transcript.js';
import { hostileImage } from './image.js';
import { judgeProgram, leave, reached } from './programs.js';

/** What every call of a hostile runner has, unless it is about another. An emulated machine takes seconds for the rest of it. */
export const WALL_TIME_IN_S = patience === 1 ? 2 : 10;
const MAX_RESULT_IN_MB = 1;

export interface ProgramRun {
  readonly outcomes: readonly Outcome[];
  /** Of the longest call. */
  readonly seconds: number;
  /** Whether the kernel has killed anything on this machine meanwhile for lack of memory. */
  readonly ooms: boolean;
}

/**
 * Calls a function whose runner is that program.
 * @param baked whether the image has the program in it, for one that does not read its job
 */
export async function runProgram(
  program: readonly Step[],
  method: ContextMethod,
  { baked = false, calls = 1, ...limits }: LimitOptions & { baked?: boolean; calls?: number } = {},
): Promise<ProgramRun> {
  const image = await hostileImage(baked ? program : null);
  const limited = enforceLimits({
    wallTimeInS: WALL_TIME_IN_S,
    memInMb: 128,
    maxResultInMb: MAX_RESULT_IN_MB,
    maxOutputInMb: 1,
    captureOutput: true,
    env: { [PROGRAM_VARIABLE]: JSON.stringify(program) },
    ...limits,
    context: getContext(method, { image }),
  })(() => 'what no hostile runner returns');
  const outcomes: Outcome[] = [];
  let seconds = 0;
  const machineOoms = watchMachineOoms(true, true, () => 0);
  try {
    for (let n = 0; n < calls; n++) {
      const since = performance.now();
      outcomes.push(await limited.run());
      seconds = Math.max(seconds, (performance.now() - since) / 1000);
    }
  } finally {
    await limited.close();
  }
  return { outcomes, seconds, ooms: machineOoms.any() === true };
}

/**
 * What is wrong with an outcome, null when nothing is.
 * @param ooms of its {@link ProgramRun}
 *
 * A runner that is hostile as a whole can return any value, as the function can that it stands for: nobody could tell. A wrong success
 * is one that no runner could have had which keeps to the protocol: its steps not taken, each once and in order; a value that is
 * not the one it sent, whole, of the length it declared, and within the cap; a limit not kept. Whatever else it does is
 * a PynisherError, or how it truly ended: by a limit that was reached, the word it gave in its turn, its exit code, its signal.
 */
export function problemWith(
  program: readonly Step[],
  outcome: Outcome,
  ooms: boolean,
  limits: LimitOptions = {},
): string | null {
  const judged = judgeProgram(program, MAX_RESULT_IN_MB * 2 ** 20);
  const last = reached(program).at(-1);
  // A runner that closes what it then reads from, dies of it.
  const exitCodes = [last?.do === 'exit' ? last.code : null, program.some((step) => step.do === 'close') ? 1 : null];
  const signal = last?.do === 'kill' ? constants.signals[last.signal] : null;
  const said = judged.kind === 'said' ? judged.end.status : null;
  const { exitCode } = outcome;
  const isTrue = () => {
    switch (outcome.exitStatus) {
      case 0:
        return (
          judged.kind === 'said' &&
          said === 'returned' &&
          isDeepStrictEqual(decode([judged.value]), outcome.result) &&
          outcome.wallClockTime <= WALL_TIME_IN_S
        );
      case 'PynisherError':
        return !isSureOfWord(program, judged);
      case 'TimeoutException':
        return outcome.wallClockTime >= WALL_TIME_IN_S * 0.99;
      case 'CpuTimeoutException':
        return outcome.cpuTime >= (limits.cpuTimeInS ?? Number.POSITIVE_INFINITY);
      case 'MemorylimitException':
        // A SIGKILL of its own, while the kernel kills somebody else: only the machine's count is left then to tell them apart.
        return last?.do === 'hog' || (ooms && exitCode === 137);
      case 'SignalException':
        return exitCode !== null && (exitCodes.includes(exitCode) || exitCode === 128 + (signal ?? 0));
      case 'AnythingException':
        if (said !== null) return ['threw', 'exiting', 'neverSettles', 'noSuchExport'].includes(said);
        return exitCode !== null && (exitCodes.includes(exitCode) || exitCode === 128 + (signal ?? 0));
      default:
        return false;
    }
  };
  if (isTrue()) return null;
  const message = outcome.error?.message ?? JSON.stringify(outcome.result);
  return `${outcome.exitStatus} (exit code ${exitCode}, ${outcome.wallClockTime} s; judged ${judged.kind} ${said}): ${message}`;
}

/** Little enough for a call to be over before its wall time is. */
const MOST_PAUSES_IN_MS = 1000;
/** What a runner may claim to have taken, whatever the host has seen. */
const LEAST_DURATION_IN_S = 0.001;

/**
 * Whether nothing can keep the host from that word: it is a value, or an error, that can be decoded; what comes before it keeps to the
 * protocol, on both streams, and what comes after it is a runner's way to leave.
 */
function isSureOfWord(program: readonly Step[], judged: Judgement): boolean {
  if (judged.kind !== 'said' || (judged.end.status !== 'returned' && judged.end.status !== 'threw')) return false;
  if (judged.end.durationInS > LEAST_DURATION_IN_S) return false;
  try {
    decode([judged.value]);
  } catch {
    return false;
  }
  const before = program.slice(0, -leave.length);
  const pauses = before.map((step) =>
    step.do === 'sleep' ? step.inMs : step.do === 'frame' ? (step.parts ?? 0) * (step.pauseInMs ?? 0) : 0,
  );
  return (
    before.filter((step) => step.do === 'frame' && step.type === GuestFrame.End && step.stream !== 2).length === 1 &&
    isDeepStrictEqual(
      program.slice(-leave.length).map(({ do: what }) => what),
      leave.map(({ do: what }) => what),
    ) &&
    before.every(isInOrder) &&
    pauses.reduce((sum, one) => sum + one, 0) <= MOST_PAUSES_IN_MS
  );
}

/** Text, frames that are whole, and on stderr none but the one that belongs there. */
function isInOrder(step: Step): boolean {
  if (step.do !== 'frame') return ['await', 'sleep', 'bytes', 'random'].includes(step.do);
  return (step.skew ?? 0) === 0 && step.declared === undefined && (step.stream !== 2 || step.type === GuestFrame.Flushed);
}
