import type {
  AnythingException,
  CpuTimeoutException,
  MemorylimitException,
  PynisherError,
  SignalException,
  SubprocessException,
  TimeoutException,
} from './exceptions.js';

/** What happened to a call, whether it returned or not. Immutable. */
export interface OutcomeFacts {
  /** Seconds from the function's start to its end, monotonic; 0 when it never started. */
  readonly wallClockTime: number;
  /** CPU seconds of all processes and threads of the call, from the cgroup, counted from the function's start. */
  readonly cpuTime: number;
  /** The most memory, in bytes, that the container was charged for at once since the function started, Node included: what `memInMb` is compared with. */
  readonly peakMemory: number;
  /** What the function printed, decoded as UTF-8; empty unless `captureOutput` is set. */
  readonly stdout: string;
  readonly stderr: string;
  /** The same byte for byte. */
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;
  /** Whether the function printed more than `maxOutputInMb`. */
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
  /** How many bytes were read but not kept. */
  readonly stdoutDroppedBytes: number;
  readonly stderrDroppedBytes: number;
  /** 0 when the outcome was certain before its process ended. Otherwise exit code of the function's process, 128 + n when signal n ended it; null when no container was started, or its end was not seen. */
  readonly exitCode: number | null;
  /** Name of the signal that ended the function's process; null when none did. */
  readonly signal: NodeJS.Signals | null;
  /** The positive errno (errno(3)) of a `SubprocessException`; null otherwise. */
  readonly osErrno: number | null;
  /** Where it ended: while its module was loaded, or in the function itself. */
  readonly phase: 'load' | 'call';
  readonly timings: Timings;
  /** Plain data for JSON, as `nisher run --json` prints it: safe for values that contain themselves, bounded, without the bytes. */
  toJSON(): Record<string, unknown>;
  /** How usage was read: `cgroup` is exact; `engine` (a remote engine's statistics) is a coarse sample; null when no container was started. */
  readonly meter: 'cgroup' | 'engine' | null;
}

/** Where the time of a call went, in seconds. 0 for a step that was not reached. */
export interface Timings {
  /** From the call until it had a place, and a warm container if it got one. */
  readonly queue: number;
  /** Function to archive; next to nothing when it is packed already. */
  readonly pack: number;
  /** This and the next two are 0 for a warm container: they were over before the call. */
  readonly create: number;
  readonly start: number;
  /** From the container's start until the function was ready to be called: node's start, unpacking, loading the module. */
  readonly load: number;
  readonly call: number;
  /** From the function's end until the container's end; 0 when the outcome was certain before that, and did not wait. */
  readonly finish: number;
}

/** The function returned. */
export interface Returned<R> extends OutcomeFacts {
  readonly exitStatus: 0;
  readonly result: R;
  readonly error: null;
  /** The result. */
  unwrap(): R;
}

/** The function did not return; `error` says why. */
export interface Failed<Name extends string, E extends Error> extends OutcomeFacts {
  readonly exitStatus: Name;
  readonly result: null;
  readonly error: E;
  /** Throws `error`. */
  unwrap(): never;
}

/**
 * How a call ended: discriminated by `exitStatus`, which is 0 or the name of one of the exceptions.
 * `if (outcome.exitStatus === 0) outcome.result` has the function's own type.
 */
export type Outcome<R = unknown> =
  | Returned<R>
  | Failed<'CpuTimeoutException', CpuTimeoutException>
  | Failed<'TimeoutException', TimeoutException>
  | Failed<'MemorylimitException', MemorylimitException>
  | Failed<'SubprocessException', SubprocessException>
  | Failed<'SignalException', SignalException>
  | Failed<'AnythingException', AnythingException>
  | Failed<'PynisherError', PynisherError>;

/** `0` or the name of an exception. */
export type ExitStatus = Outcome['exitStatus'];
