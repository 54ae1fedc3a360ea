import { constants } from 'node:os';
import type { Outcome } from '../../src/index.js';

/** From at least to at most. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** How a call may end, in the words of docs/outcomes.md. What is absent may be anything. */
export interface End {
  readonly status: Outcome['exitStatus'];
  /** What the logger is told. */
  readonly reasons?: readonly string[];
  readonly osErrno?: readonly number[];
  readonly exitCodes?: readonly (number | null)[];
  readonly signal?: NodeJS.Signals | null;
  readonly message?: RegExp;
  readonly result?: unknown;
  readonly phase?: 'load' | 'call';
}

/** Bytes of one value; how many may be without end. */
export interface Printed {
  readonly byte: number;
  readonly stdout: number;
  readonly stderr: number;
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
  /** What it prints beside its marks and what every call prints. */
  readonly prints: Printed;
  /** null: it never ends by itself. */
  readonly end: End | null;
  /** How it ends when a process or thread is refused. */
  readonly refused: End | null;
  /** What it does with the notice of a limit: null when it does not hear it. */
  readonly onNotice: End | null;
  /** It prints a mark when it has done all it does. */
  readonly tellsEnd: boolean;
  /** It speaks in the runner's name: of what it says itself, its duration for one, nothing need be so. */
  readonly lies: boolean;
  /** Node says more on stderr, of what the function has broken in it. */
  readonly breaksNode: boolean;
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
  prints: { byte: 0, stdout: 0, stderr: 0 },
  end: null,
  refused: null,
  onNotice: null,
  tellsEnd: false,
  lies: false,
  breaksNode: false,
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

export const EAGAIN = 11;

export const returned = (result: unknown): End => ({
  status: 0,
  reasons: ['returned'],
  exitCodes: [0],
  signal: null,
  result,
});
/** What was thrown has been told of before its process has ended. */
export const threw = (message: RegExp): End => ({
  status: 'AnythingException',
  reasons: ['threw'],
  exitCodes: [0],
  signal: null,
  message,
});
/** An error that nobody caught ends the process. */
export const uncaught = (message: RegExp): End => ({ ...threw(message), exitCodes: [1] });
export const exited = (exitCode: number): End => ({
  status: 'AnythingException',
  reasons: ['exited'],
  exitCodes: [exitCode],
  signal: null,
  message: new RegExp(`exited with code ${exitCode} `),
});
export const neverSettles = (message: RegExp): End => ({
  status: 'AnythingException',
  reasons: ['neverSettles'],
  exitCodes: [0],
  signal: null,
  message,
});
export const died = (signal: NodeJS.Signals): End => ({
  status: 'SignalException',
  reasons: ['signal'],
  exitCodes: [128 + constants.signals[signal]],
  signal,
  message: new RegExp(`^${signal} ended the function's process`),
});
/** No limit explains that SIGKILL. */
export const killed: End = {
  status: 'AnythingException',
  reasons: ['killed'],
  exitCodes: [137],
  signal: 'SIGKILL',
  message: /SIGKILL/,
};
export const osError = (...osErrno: number[]): End => ({
  status: 'SubprocessException',
  reasons: ['osError'],
  osErrno,
  exitCodes: [0],
  signal: null,
});
/** An operating-system error, or a refused process whatever the function made of it. */
export const taskRefused: End = { ...osError(EAGAIN), reasons: ['osError', 'pidsRefused'] };
export const uncarriable = (where: RegExp): End => ({
  status: 'PynisherError',
  reasons: ['uncarriable'],
  exitCodes: [0],
  signal: null,
  message: new RegExp(`^The result cannot be carried out of the container: ${where.source}`),
});
export const allocationRefused: End = {
  status: 'MemorylimitException',
  reasons: ['allocationRefused'],
  exitCodes: [0],
  signal: null,
  message: /an allocation was refused/,
};
/** The container has sent what nisher's runner would not have, and was killed for it. */
export const protocolBroken = (message = /^The container sent what no runner sends: |cannot be decoded: /): End => ({
  status: 'PynisherError',
  reasons: ['fault'],
  exitCodes: [137],
  message,
});
