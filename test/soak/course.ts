import type { Outcome } from '../../src/index.js';

/** From at least to at most. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** How a call may end. What is absent may be anything. */
export interface End {
  readonly status: Outcome['exitStatus'];
  readonly osErrno?: readonly number[];
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
  readonly result?: unknown;
  readonly phase?: 'load' | 'call';
}

/** What a function does when nothing stops it, and how it ends then: all that the oracle knows of it. */
export interface Course {
  /** Seconds until it ends, on a machine that is not late. Infinity: never, or for as long as it takes to get the CPU time. */
  readonly wallInS: Range;
  readonly cpuInS: Range;
  /** Peak of the whole container, Node included. */
  readonly memInMb: Range;
  /** The memory is V8's heap, which is smaller than the container's. */
  readonly heap: boolean;
  /** Processes and threads it has at once beside the one it runs in. */
  readonly tasks: Range;
  /** What it writes to /tmp. */
  readonly scratchInMb: Range;
  readonly resultInBytes: Range;
  /** What it prints before it ends; null: without end, or nobody knows. */
  readonly printsBytes: { readonly stdout: number; readonly stderr: number } | null;
  /** null: it never ends by itself. */
  readonly end: End | null;
  /** How it ends when a process or thread is refused. */
  readonly refused: End | null;
  /** What it does with the notice of a limit: null when it does not hear it. */
  readonly onNotice: End | null;
  /** A child uses the memory, and is killed for it. */
  readonly childIsTheHog: boolean;
  /** Cores it can use at once. */
  readonly cores: number;
  /** It ends so while its module is loaded. */
  readonly phase: 'load' | 'call';
}

const nothing: Range = { least: 0, most: 0 };

/** A function that does next to nothing: what the others differ from. */
const idle: Course = {
  wallInS: nothing,
  // Measured up to 0.2 on a busy machine: the first garbage collection, and compiling.
  cpuInS: { least: 0, most: 0.5 },
  memInMb: { least: 8, most: 56 },
  heap: false,
  tasks: nothing,
  scratchInMb: nothing,
  resultInBytes: { least: 0, most: 2000 },
  printsBytes: null,
  end: null,
  refused: null,
  onNotice: null,
  childIsTheHog: false,
  cores: 1,
  phase: 'call',
};

/** A course that ends by itself. */
export function ends(end: End, differences: Partial<Course> = {}): Course {
  return { ...idle, end, ...differences };
}

/** A course that never does. */
export function endless(differences: Partial<Course> = {}): Course {
  return { ...idle, wallInS: { least: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY }, ...differences };
}

/** For a loop: it uses all the CPU time it gets. */
export const busy: Partial<Course> = { cpuInS: { least: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY } };

export const returned = (result: unknown): End => ({ status: 0, result });
export const anything: End = { status: 'AnythingException' };
export const osError = (...osErrno: number[]): End => ({ status: 'SubprocessException', osErrno });
export const EAGAIN = 11;
