import type { LimitedCallError } from '../exceptions.js';
import { outcomeToJson } from '../outcome/outcome-json.js';
import type { Outcome, OutcomeFacts } from '../outcome.js';
import { decode } from '../wire/codec.js';
import type { CallRecord } from './call-record.js';
import { classify, type Verdict } from './classify.js';
import { BACKSTOP_MARGIN_IN_S } from './deadlines.js';
import type { Evidence } from './evidence.js';
import { explain } from './explain.js';
import { decodeError, factsOf } from './returned-value.js';
import type { Used } from './watch.js';

/** The outcome of a call of which everything has been seen that will be. */
export function concludeCall(record: CallRecord): Outcome {
  const { value, thrown } = decodeSaid(record);
  const used = usedBy(record);
  const evidence = evidenceOf(record, used, thrown);
  const verdict = classify(evidence);
  const facts = factsAbout(record, evidence, used, verdict);
  const { limits, functionName, hidesHost } = record.request;
  const missingHint = thrown === undefined ? null : (record.payload?.explainMissing(thrown) ?? null);
  const about = { evidence, limits, used, thrown, functionName, missingHint };
  const outcome: Outcome =
    verdict.exitStatus === 0
      ? Object.freeze({ ...facts, exitStatus: 0 as const, result: value, error: null, unwrap: () => value })
      : failed(facts, verdict.exitStatus, explain({ ...verdict, exitStatus: verdict.exitStatus }, about), hidesHost);
  limits.logger?.debug(outcome.exitStatus === 0 ? 'Function returned' : `Function did not return: ${outcome.error.message}`, {
    exitStatus: outcome.exitStatus,
    reason: verdict.reason,
    wallClockTime: outcome.wallClockTime,
    cpuTime: outcome.cpuTime,
    peakMemory: outcome.peakMemory,
    exitCode: outcome.exitCode,
  });
  return outcome;
}

function failed(facts: OutcomeFacts, exitStatus: string, error: LimitedCallError, hidesHost: boolean): Outcome {
  if (hidesHost) hideFrames(error);
  const unwrap = (): never => {
    throw error;
  };
  // makeException pairs name and class; the compiler cannot follow a name that is computed.
  return Object.freeze({ ...facts, exitStatus, result: null, error, unwrap }) as Outcome;
}

function toJSON(this: Outcome): Record<string, unknown> {
  return outcomeToJson(this);
}

/** An error's stack leads through this program: in its place, the frames of what the function threw. */
function hideFrames(error: LimitedCallError): void {
  const { cause } = error;
  const stack = cause instanceof Error && typeof cause.stack === 'string' ? cause.stack : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  Object.defineProperty(error, 'stack', {
    value: [`${error.name}: ${error.message}`, ...frames].join('\n'),
    configurable: true,
    writable: true,
  });
}

/** Decodes what came with the last frame; what cannot be decoded is a fault, noted in the record. */
function decodeSaid(record: CallRecord): { value: unknown; thrown: unknown } {
  const { said, payload } = record;
  if (said === null || payload === null) return { value: undefined, thrown: undefined };
  const { status } = said.end;
  try {
    if (status === 'returned') return { value: decode(said.value), thrown: undefined };
    if (status === 'threw') return { value: undefined, thrown: decodeError(said.value, payload) };
  } catch (cause) {
    record.fault ??= {
      kind: 'value',
      message: `What the function ${status === 'threw' ? 'threw' : 'returned'} cannot be decoded: ${(cause as Error).message}`,
      cause,
    };
  }
  return { value: undefined, thrown: undefined };
}

function usedBy({ watch, said }: CallRecord): Used {
  if (watch === null) return { wallInS: 0, cpuInS: 0, peakInBytes: 0, oomKills: 0, pidsRefused: 0, unseenInS: 0 };
  const end = said?.end ?? null;
  // The runner's clock is nearer to the function; it can claim less than was seen here, never more.
  const claimed = end !== null && 'durationInS' in end ? end.durationInS : Number.POSITIVE_INFINITY;
  return { ...watch.used, wallInS: Math.min(watch.used.wallInS, claimed) };
}

function evidenceOf(record: CallRecord, used: Used, thrown: unknown): Evidence {
  const { limits } = record.request;
  const { prepared } = record;
  // This program was held up for so long that the kernel's backstop may have been faster.
  const isStale = used.unseenInS * (prepared?.cores ?? 1) >= BACKSTOP_MARGIN_IN_S;
  return {
    stop: record.watch?.stop ?? (record.abortedEarly ? { kind: 'abort', killed: true } : null),
    fault: record.fault,
    phase: record.phase,
    end: record.said?.end ?? null,
    thrown: thrown === undefined ? null : factsOf(thrown),
    exit: record.exit,
    exactMeter: prepared?.sandbox.meter === 'cgroup' && !isStale,
    cpuInS: used.cpuInS,
    peakInBytes: used.peakInBytes,
    oomKills: used.oomKills,
    pidsRefused: used.pidsRefused,
    v8OutOfMemory: prepared?.conversation.v8OutOfMemory ?? false,
    limits,
  };
}

function factsAbout(record: CallRecord, evidence: Evidence, used: Used, verdict: Verdict): OutcomeFacts {
  const { output, limits } = record.request;
  const stdout = output.captured('stdout');
  const stderr = output.captured('stderr');
  // An OOM kill happens at the limit; the last reading before it may be a few milliseconds old.
  const peakMemory = verdict.reason === 'oomKilled' ? Math.max(used.peakInBytes, limits.memInBytes ?? 0) : used.peakInBytes;
  return {
    wallClockTime: used.wallInS,
    cpuTime: used.cpuInS,
    peakMemory,
    stdout: stdout.bytes.toString('utf8'),
    stderr: stderr.bytes.toString('utf8'),
    stdoutBytes: stdout.bytes,
    stderrBytes: stderr.bytes,
    stdoutTruncated: stdout.droppedBytes > 0,
    stderrTruncated: stderr.droppedBytes > 0,
    stdoutDroppedBytes: stdout.droppedBytes,
    stderrDroppedBytes: stderr.droppedBytes,
    exitCode: evidence.exit?.kind === 'exited' ? evidence.exit.exitCode : null,
    signal: verdict.signal,
    osErrno: verdict.osErrno,
    phase: record.phase === 'call' ? 'call' : 'load',
    timings: Object.freeze({ ...record.timings }),
    meter: record.prepared?.sandbox.meter ?? null,
    toJSON,
  };
}
