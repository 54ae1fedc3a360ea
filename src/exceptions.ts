/**
 * The seven ways a call can fail, under the names the seed (pynisher) gave them. Each has a stable `code` to match on, a
 * message that says what happened and what to do, and a `cause` where there is one.
 */

/** What every exception of nisher has in common. */
export abstract class LimitedCallError extends Error {
  /** Stable; match on this rather than on the message. */
  abstract readonly code: string;
  /** What happened: the message without the hint. */
  readonly summary: string;
  /** What to do about it: one sentence, also the end of the message. */
  readonly hint: string | undefined;

  constructor(message: string, options: LimitedCallErrorOptions = {}) {
    // A quoted line of source ends in a caret of its own line.
    const between = message.endsWith('^') ? '\n' : '. ';
    super(
      options.hint === undefined ? message : message + between + options.hint,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.name = new.target.name;
    this.summary = message;
    this.hint = options.hint;
  }
}

/** @internal */
export interface LimitedCallErrorOptions {
  /** What led to it, where there is something. */
  cause?: unknown;
  hint?: string | undefined;
  /** Where the exception has several. */
  code?: 'ERR_PACK';
}

/** The CPU seconds of all processes and threads of the call reached `cpuTimeInS`. */
export class CpuTimeoutException extends LimitedCallError {
  readonly code = 'ERR_CPU_TIME';
}

/** Wall time reached `wallTimeInS`. */
export class TimeoutException extends LimitedCallError {
  readonly code = 'ERR_WALL_TIME';
}

/** The kernel's OOM killer struck, V8's heap ran out, or an allocation was refused for lack of memory. */
export class MemorylimitException extends LimitedCallError {
  readonly code = 'ERR_MEMORY';
}

/** The function failed with an operating-system error, whose errno is in `outcome.osErrno`. */
export class SubprocessException extends LimitedCallError {
  readonly code = 'ERR_OS';
}

/** A catchable signal ended the function's process, or the caller aborted the call. */
export class SignalException extends LimitedCallError {
  readonly code = 'ERR_SIGNAL';
}

/**
 * The function threw, exited, or died in any other way; `cause` is what it threw. `ERR_PACK`: it could not be called at all, because its
 * code does not compile, imports what is not there, or has no such export.
 */
export class AnythingException extends LimitedCallError {
  readonly code: 'ERR_ANYTHING' | 'ERR_PACK';
  constructor(message: string, options: LimitedCallErrorOptions = {}) {
    super(message, options);
    this.code = options.code ?? 'ERR_ANYTHING';
  }
}

/** The fault is ours or the engine's: no engine, no image, a value that cannot be carried, a broken connection. */
export class PynisherError extends LimitedCallError {
  readonly code = 'ERR_INTERNAL';
}

const exceptions = {
  CpuTimeoutException,
  TimeoutException,
  MemorylimitException,
  SubprocessException,
  SignalException,
  AnythingException,
  PynisherError,
} as const;

/** Names of the seven exceptions: what `exitStatus` is when it is not 0. */
export type ExceptionName = keyof typeof exceptions;

/** @internal The exception of that name. */
export function makeException(name: ExceptionName, message: string, options?: LimitedCallErrorOptions): LimitedCallError {
  return new exceptions[name](message, options);
}
