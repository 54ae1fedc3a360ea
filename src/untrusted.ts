import type { LimitOptions } from './limits.js';

/** The options that bound a quantity: of all of them code that nobody trusts needs one. */
type Bounds = {
  readonly [Option in keyof LimitOptions as NonNullable<LimitOptions[Option]> extends number ? Option : never]-?: number;
};

/**
 * Limits for code that nobody vouches for, to begin with: `enforceLimits({ ...untrusted, wallTimeInS: 60 })`. They suit a submission or
 * a plug-in that computes something within seconds. Everything that can be bounded is; what you give after it goes before.
 *
 * It sets limits, not walls: for code that is out to harm you see docs/security.md, "When to use more".
 */
export const untrusted = Object.freeze({
  /** Room for a heap of some 200 MB, and 32 calls at once on a machine with 8 GB. */
  memInMb: 256,
  /** What a loop that never ends costs. */
  cpuTimeInS: 10,
  /** Twice the CPU time: on a busy machine a function gets half a core, and is not to blame for it. */
  wallTimeInS: 20,
  /** The function's own process. No child process, no worker, so nothing to fork bombs with; Node's asynchronous I/O has its threads. */
  numProcesses: 1,
  /** One core: its garbage collector and compiler have threads, and would take the others. */
  cpus: 1,
  /** Code that is not trusted gets no time to react to being stopped. */
  gracePeriodInS: 0,
  /** What it prints may hold escape sequences: it must not go to a terminal by itself. */
  captureOutput: true,
  /** Output is kept in this program's memory, twice this for both streams. More is read, counted and dropped. */
  maxOutputInMb: 1,
  /** A value takes several times its encoded size once it is decoded in this program's memory. */
  maxResultInMb: 8,
  /** /tmp and /dev/shm; charged to memory as well. */
  scratchInMb: 16,
  /** Nothing of this program's environment, and nothing else. */
  env: Object.freeze({}) as Readonly<Record<string, string>>,
}) satisfies Bounds & LimitOptions;
