import type { ExceptionName } from '../exceptions.js';
import type { Evidence } from './evidence.js';

/** What the evidence amounts to. `reason` is a stable word for the row of the table below that matched. */
export interface Verdict {
  readonly exitStatus: 0 | ExceptionName;
  readonly reason: Reason;
  readonly osErrno: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type Reason =
  | 'returned'
  | 'wallTime'
  | 'cpuTime'
  | 'abort'
  | 'startMemory'
  | 'fault'
  | 'uncarriable'
  | 'tooLarge'
  | 'runnerFailed'
  | 'oomKilled'
  | 'heapExhausted'
  | 'allocationRefused'
  | 'memoryPeak'
  | 'osError'
  | 'pidsRefused'
  | 'signal'
  | 'threw'
  | 'exited'
  | 'neverSettles'
  | 'noSuchExport'
  | 'packing'
  | 'lost'
  | 'noStart'
  | 'killed';

/** A peak this near the limit, and a SIGKILL that was not ours: where nothing tells of OOM kills (moby#41929, containerd#8180), it was one. */
const PEAK_AT_LIMIT = 0.99;
/** Numbers 1 to 31 of signal(7) on Linux, where containers run whatever the host is. */
const linuxSignals = (
  'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGSTKFLT ' +
  'SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS'
).split(' ') as NodeJS.Signals[];
/** errno(3) on Linux. */
const EAGAIN = 11;

interface Rule {
  readonly reason: Reason;
  readonly exitStatus: 0 | ExceptionName;
  readonly when: (e: Evidence) => boolean;
}

/**
 * The order of precedence, in one place; the first rule that matches decides. Limits that were observed come before what the
 * container says: a runner can claim to have returned, it cannot claim not to have been stopped.
 */
const rules: readonly Rule[] = [
  // A value that came before the kill, in time or in the grace period, and within the final numbers, is a value.
  {
    reason: 'returned',
    exitStatus: 0,
    when: (e) => e.end?.status === 'returned' && e.fault === null && !e.stop?.killed && withinLimits(e),
  },

  // Limits noted by us before we acted on them: the first one noted ended the call.
  { reason: 'cpuTime', exitStatus: 'CpuTimeoutException', when: (e) => e.stop?.kind === 'cpuTime' },
  { reason: 'wallTime', exitStatus: 'TimeoutException', when: (e) => e.stop?.kind === 'wallTime' },
  { reason: 'abort', exitStatus: 'SignalException', when: (e) => e.stop?.kind === 'abort' },
  {
    reason: 'startMemory',
    exitStatus: 'MemorylimitException',
    when: (e) => e.fault?.kind === 'memory' && e.limits.memInBytes !== null,
  },

  // The counters, when the call ended by itself.
  { reason: 'oomKilled', exitStatus: 'MemorylimitException', when: (e) => wasOomKilled(e) && e.end?.status !== 'returned' },
  { reason: 'heapExhausted', exitStatus: 'MemorylimitException', when: heapExhausted },
  {
    reason: 'cpuTime',
    exitStatus: 'CpuTimeoutException',
    // The kernel's backstop (RLIMIT_CPU), where it was faster than our readings; a function can send itself the same signal.
    when: (e) => !cpuWithinLimit(e) || (e.limits.cpuTimeInS !== null && !e.exactMeter && signalOf(e) === 'SIGXCPU'),
  },
  { reason: 'wallTime', exitStatus: 'TimeoutException', when: (e) => !wallWithinLimit(e) },

  // Faults of ours, the engine's, or of the values.
  { reason: 'packing', exitStatus: 'AnythingException', when: (e) => e.fault?.kind === 'pack' },
  { reason: 'fault', exitStatus: 'PynisherError', when: (e) => e.fault !== null },
  { reason: 'uncarriable', exitStatus: 'PynisherError', when: (e) => e.end?.status === 'uncarriable' },
  { reason: 'tooLarge', exitStatus: 'PynisherError', when: (e) => e.end?.status === 'tooLarge' },
  { reason: 'runnerFailed', exitStatus: 'PynisherError', when: (e) => e.end?.status === 'failed' },

  // What the runner says, where nothing observed contradicts it.
  { reason: 'allocationRefused', exitStatus: 'MemorylimitException', when: (e) => e.thrown?.allocationRefused === true },
  { reason: 'osError', exitStatus: 'SubprocessException', when: (e) => e.thrown !== null && e.thrown.errno !== null },
  { reason: 'pidsRefused', exitStatus: 'SubprocessException', when: (e) => e.pidsRefused > 0 && failedByItself(e) },
  { reason: 'threw', exitStatus: 'AnythingException', when: (e) => e.end?.status === 'threw' },
  { reason: 'exited', exitStatus: 'AnythingException', when: (e) => e.end?.status === 'exiting' },
  { reason: 'neverSettles', exitStatus: 'AnythingException', when: (e) => e.end?.status === 'neverSettles' },
  { reason: 'noSuchExport', exitStatus: 'AnythingException', when: (e) => e.end?.status === 'noSuchExport' },
  // Source text that the container could not make ready.
  { reason: 'packing', exitStatus: 'AnythingException', when: (e) => e.end?.status === 'unloadable' },

  // No last word: how the process ended is all there is.
  { reason: 'lost', exitStatus: 'PynisherError', when: (e) => e.exit === null || e.exit.kind === 'lost' },
  { reason: 'memoryPeak', exitStatus: 'MemorylimitException', when: diedAtMemoryLimit },
  { reason: 'noStart', exitStatus: 'PynisherError', when: (e) => e.phase === 'boot' },
  { reason: 'signal', exitStatus: 'SignalException', when: (e) => isCatchable(signalOf(e)) },
  { reason: 'killed', exitStatus: 'AnythingException', when: (e) => signalOf(e) === 'SIGKILL' },
  { reason: 'exited', exitStatus: 'AnythingException', when: () => true },
];

/** The verdict on a call. Pure: the same evidence always gives the same verdict. */
export function classify(evidence: Evidence): Verdict {
  // The last rule matches everything.
  const rule = rules.find(({ when }) => when(evidence)) as Rule;
  return {
    exitStatus: rule.exitStatus,
    reason: rule.reason,
    osErrno: errnoFor(rule, evidence),
    signal: signalFor(rule, evidence),
  };
}

function errnoFor(rule: Rule, evidence: Evidence): number | null {
  if (rule.exitStatus !== 'SubprocessException') return null;
  return evidence.thrown?.errno ?? EAGAIN;
}

function signalFor(rule: Rule, evidence: Evidence): NodeJS.Signals | null {
  if (rule.reason === 'abort') return 'SIGTERM';
  return rule.exitStatus === 0 ? null : signalOf(evidence);
}

function withinLimits(e: Evidence): boolean {
  return e.stop !== null || (cpuWithinLimit(e, e.limits.gracePeriodInS) && wallWithinLimit(e));
}

function cpuWithinLimit({ limits, cpuInS }: Evidence, graceInS = 0): boolean {
  return limits.cpuTimeInS === null || cpuInS < limits.cpuTimeInS + graceInS;
}

/** The runner's own measure: this program may have been too busy to see the deadline pass. */
function wallWithinLimit({ limits, end }: Evidence): boolean {
  if (limits.wallTimeInS === null || end === null || !('durationInS' in end)) return true;
  return end.durationInS <= limits.wallTimeInS + limits.gracePeriodInS;
}

function wasOomKilled({ oomKills, exit }: Evidence): boolean {
  return oomKills > 0 || (exit?.kind === 'exited' && exit.oomKilled === true);
}

/** V8 gives up with SIGABRT (exit code 134), on some fatal errors with SIGTRAP or SIGILL. */
const v8GivesUpWith: readonly (NodeJS.Signals | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

function heapExhausted(e: Evidence): boolean {
  // Not compared with the peak: one array too large for the heap ends it at once, with hardly any memory used.
  return e.v8OutOfMemory && e.end === null && v8GivesUpWith.includes(signalOf(e));
}

function diedAtMemoryLimit(e: Evidence): boolean {
  const isUntold = e.exit?.kind === 'exited' && e.exit.oomKilled === null;
  return (
    isUntold &&
    signalOf(e) === 'SIGKILL' &&
    e.limits.memInBytes !== null &&
    e.peakInBytes >= PEAK_AT_LIMIT * e.limits.memInBytes
  );
}

function failedByItself({ end }: Evidence): boolean {
  return end !== null && !['returned', 'noSuchExport', 'unloadable'].includes(end.status);
}

/** The signal that ended the runner. A runner that still said that it is exiting was not ended by a signal, whatever its code. */
function signalOf({ exit, end }: Evidence): NodeJS.Signals | null {
  if (exit?.kind !== 'exited' || exit.exitCode <= 128 || end !== null) return null;
  return linuxSignals[exit.exitCode - 129] ?? null;
}

function isCatchable(signal: NodeJS.Signals | null): boolean {
  return signal !== null && signal !== 'SIGKILL' && signal !== 'SIGSTOP';
}
