/**
 * What host and runner say to each other; the one file that both sides share the meaning of.
 *
 * Host → runner, on the container's stdin: messages of `type (u8) · length (u32 BE) · payload`.
 * Runner → host, on the container's stdout, in between whatever the function prints: frames (see frames.ts).
 *
 *     host                              runner
 *     Job, Code             ────────▶   unpacks
 *                           ◀────────   Loading     module load begins (limits count from here, phase 'load')
 *                           ◀────────   Loaded      module loaded, thread pool filled: a warm container waits here
 *     Arguments             ────────▶   decodes them
 *                           ◀────────   Ready
 *     Go                    ────────▶   calls the function (limits count from here anew, phase 'call'); with few
 *                                       arguments it comes together with them, and Ready is only a sign of life
 *     [Limit]               ────────▶   aborts limitSignal, raises the limit's signal in its own process
 *                           ◀────────   Value*, End (and Flushed, on stderr)
 *     Release               ────────▶   exits; or Arguments again, for a further call
 *
 * The runner does not exit before Release (or the end of its stdin), so that the host can take its last reading of the
 * cgroup.
 */

/** What a container's environment has when nobody asks for more. */
export const BASE_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp' } as const;

/** Where the runner unpacks the code. */
export const CODE_DIRECTORY = '/app';

/** Where an image has the packages of a layer. */
export const PACKAGES_DIRECTORY = '/packages';

/** Messages from the host to the runner. */
export const HostMessage = {
  /** JSON: {@link Job}. Always the first. */
  Job: 1,
  /** The payload's tar archive, uncompressed, as one message. */
  Code: 2,
  /** The arguments, an array, as the codec encodes it. */
  Arguments: 3,
  /** No payload. Call the function now. */
  Go: 4,
  /** JSON: {@link LimitNotice}. The grace period begins. */
  Limit: 5,
  /** No payload. Everything has been read: exit. */
  Release: 6,
} as const;

/** Frames from the runner to the host, on stdout but for the last. */
export const GuestFrame = {
  /** No payload. The code is unpacked, its module is about to be loaded. */
  Loading: 1,
  /** No payload. The function is there; a warm container waits here. */
  Loaded: 2,
  /** No payload. The arguments are decoded. */
  Ready: 3,
  /** The next piece of the encoded value (or, for `threw`, of the encoded error). */
  Value: 4,
  /** JSON: {@link End}. The last frame of a call. */
  End: 5,
  /** On stderr, no payload: what the function printed there before its end has all been sent. */
  Flushed: 6,
} as const;

export type GuestFrameType = (typeof GuestFrame)[keyof typeof GuestFrame];

/** First message to a runner. */
export interface Job {
  /** 16 random bytes in hexadecimal: every frame of this container begins with them. */
  delimiter: string;
  /** Path of the module to load, relative to the folder of the unpacked code. */
  entry: string;
  /** Name of the export to call; `default` for the default export. */
  exportName: string;
  /** The environment the function sees, whole. */
  env: Record<string, string>;
  /** The encoded value may have that many bytes. */
  maxResultInBytes: number;
  /** The folder in which the function starts, relative to the folder of the unpacked code. */
  workingFolder: string;
  /** Source text that is compiled in the container, in the phase `load`; null for code that is ready to be loaded. */
  source: SourceJob | null;
}

/** Source text, as it came. */
export interface SourceJob {
  /** `ts`, `js`: ES modules. `cjs`: CommonJS. `auto`: what the text is, and TypeScript by the extension. */
  language: 'ts' | 'js' | 'cjs' | 'auto';
  /** Paths of the texts, relative to the folder of the unpacked code. */
  files: readonly string[];
  /** Names of the packages that it may import. */
  packages: readonly string[];
}

/** Limits whose passing the runner is told of. `abort`: the caller's own AbortSignal. */
export type LimitKind = 'wallTime' | 'cpuTime' | 'abort';

export interface LimitNotice {
  kind: LimitKind;
  /** The message of the exception that limitSignal's reason will be. */
  message: string;
}

/**
 * How a call ended, as the runner sees it. A claim of code that may be hostile: it can say what the function returned or
 * threw, and never overrides what the host observed about limits.
 */
export type End =
  /** The Value frames before it are the encoded value. */
  | { status: 'returned'; durationInS: number; valueInBytes: number }
  /** The Value frames are the encoded error. `load`: while its module was loaded. `exits`: nobody caught it, the process is ending. */
  | { status: 'threw'; phase: 'load' | 'call'; durationInS: number; valueInBytes: number; exits: boolean }
  /** The value cannot be carried; `path` like `result.a[3].callback`, `problem` like `is a function`. */
  | { status: 'uncarriable'; durationInS: number; path: string; problem: string }
  | { status: 'tooLarge'; durationInS: number; valueInBytes: number }
  /** The process is exiting although the function has not returned: process.exit, or an error nobody caught. */
  | { status: 'exiting'; phase: 'load' | 'call'; durationInS: number; exitCode: number }
  /** Nothing is left to run, and the function's promise is still pending. */
  | { status: 'neverSettles'; phase: 'load' | 'call'; durationInS: number }
  /** The runner itself could not go on: the code cannot be unpacked, the arguments cannot be decoded. */
  | { status: 'failed'; problem: string }
  /** Source text that does not compile, or imports what is not there. `place`: `main.ts:2:9`; `line`: that line. */
  | { status: 'unloadable'; problem: string; place: string; line: string; isImport: boolean }
  /** The module was loaded and has no such function. */
  | { status: 'noSuchExport'; exports: string[]; foundType: string };
