import { type Context, getContext, isContext } from './context.js';
import { refuseUnknown, requireObject, wrong } from './options/check.js';

/**
 * Where debug lines go: which limits are set, the call and its arguments, the grace period, why it ended. `console` fits, and
 * so do pino, winston and bunyan behind a line of glue.
 */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/**
 * What one call may use, and how it is run. Everything is optional; `null` or absent means no restriction, as in the seed,
 * where not said otherwise. A wrong or unknown option throws a `TypeError` or `RangeError` from `enforceLimits`, before any I/O.
 */
export interface LimitOptions {
  /**
   * Memory of the whole container in mebibytes (2^20 bytes), Node itself included (about 10 of them), as the kernel charges it:
   * heap, buffers, child processes, files in /tmp and /dev/shm. There is no swap.
   * @default null
   */
  memInMb?: number | null;
  /**
   * CPU seconds of all processes and threads of the call together. Fractions count.
   * @default null
   */
  cpuTimeInS?: number | null;
  /**
   * Seconds from the function's start to its end on a monotonic clock; the same again, separately, for loading its module.
   * Fractions count.
   * @default null
   */
  wallTimeInS?: number | null;
  /**
   * Tasks the function may have: the process it runs in, and n − 1 more. Linux counts threads as tasks (pids cgroup,
   * https://docs.kernel.org/admin-guide/cgroup-v1/pids.html): a child `node` needs 11, a worker thread one. What nisher's runner
   * needs itself comes on top. One too many fails with EAGAIN.
   * @default null
   */
  numProcesses?: number | null;
  /**
   * Seconds between the notice that a limit was reached (SIGALRM for wall time, SIGXCPU for CPU time, SIGTERM for an abort;
   * `limitSignal` of `nisher/guest` is aborted) and SIGKILL. A function that returns in it returns its value.
   * @default 0
   */
  gracePeriodInS?: number | null;
  /**
   * Receives debug lines.
   * @default null
   */
  logger?: Logger | null;
  /**
   * true: what the function prints is in `outcome.stdout` and `outcome.stderr`; false: it goes to this process's stdout and
   * stderr as it comes.
   * @default false
   */
  captureOutput?: boolean | null;
  /**
   * How containers are come by: see {@link getContext}.
   * @default getContext('forkserver')
   */
  context?: Context | null;
  /**
   * CPU quota in cores: 0.5 is half of one core's time. It slows down, it never ends a call. More than the machine has is all it has.
   * @default null
   */
  cpus?: number | null;
  /**
   * Mebibytes of stdout, and of stderr, that are kept or passed on; what exceeds them is read and counted
   * (`outcome.stdoutDroppedBytes`), never a reason to hang. `null`: no bound.
   * @default 8
   */
  maxOutputInMb?: number | null;
  /**
   * Mebibytes that the returned value may have once encoded; more is a `PynisherError`. `null`: no bound but memory.
   * @default 64
   */
  maxResultInMb?: number | null;
  /**
   * Size of the writable /tmp in mebibytes. It lives in memory and is charged to `memInMb`. `null`: as much as memory allows.
   * @default 64
   */
  scratchInMb?: number | null;
  /**
   * Environment variables for the function. Nothing of this process's own environment is passed on.
   * @default {}
   */
  env?: Record<string, string> | null;
  /**
   * Aborting it ends the call: SIGTERM, the grace period, SIGKILL; the outcome is a `SignalException`.
   * @default null
   */
  signal?: AbortSignal | null;
}

/** @internal The options after their check, in the units the machine uses. */
export interface Limits {
  readonly memInBytes: number | null;
  readonly cpuTimeInS: number | null;
  readonly wallTimeInS: number | null;
  readonly numProcesses: number | null;
  readonly gracePeriodInS: number;
  readonly logger: Logger | null;
  readonly captureOutput: boolean;
  readonly context: Context;
  readonly cpus: number | null;
  /** Infinity: no bound. */
  readonly maxOutputInBytes: number;
  /** Infinity: no bound. */
  readonly maxResultInBytes: number;
  readonly scratchInBytes: number | null;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | null;
}

const MEBIBYTE = 2 ** 20;

const optionNames = [
  'memInMb',
  'cpuTimeInS',
  'wallTimeInS',
  'numProcesses',
  'gracePeriodInS',
  'logger',
  'captureOutput',
  'context',
  'cpus',
  'maxOutputInMb',
  'maxResultInMb',
  'scratchInMb',
  'env',
  'signal',
] as const satisfies readonly (keyof LimitOptions)[];

/**
 * @internal Checks the options of enforceLimits.
 * @throws TypeError | RangeError naming the option, what was expected and what was given.
 */
export function checkLimits(options: LimitOptions): Limits {
  requireObject(options, 'enforceLimits');
  refuseUnknown(options, optionNames, 'enforceLimits');
  const megabytes = (name: keyof LimitOptions) => inBytes(positive(name, options[name]));
  return {
    memInBytes: megabytes('memInMb'),
    cpuTimeInS: positive('cpuTimeInS', options.cpuTimeInS),
    wallTimeInS: positive('wallTimeInS', options.wallTimeInS),
    numProcesses: positiveInteger('numProcesses', options.numProcesses),
    gracePeriodInS:
      options.gracePeriodInS === 0 ? 0 : (positive('gracePeriodInS', options.gracePeriodInS, 'zero, a positive number') ?? 0),
    logger: checkLogger(options.logger),
    captureOutput: checkBoolean('captureOutput', options.captureOutput),
    context: checkContext(options.context),
    cpus: positive('cpus', options.cpus),
    maxOutputInBytes:
      options.maxOutputInMb === undefined ? 8 * MEBIBYTE : (megabytes('maxOutputInMb') ?? Number.POSITIVE_INFINITY),
    maxResultInBytes:
      options.maxResultInMb === undefined ? 64 * MEBIBYTE : (megabytes('maxResultInMb') ?? Number.POSITIVE_INFINITY),
    scratchInBytes: options.scratchInMb === undefined ? 64 * MEBIBYTE : megabytes('scratchInMb'),
    env: checkEnv(options.env),
    signal: checkSignal(options.signal),
  };
}

function positive(name: string, value: unknown, expected = 'a positive number'): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number') throw new TypeError(wrong(name, `${expected} or null`, value));
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(wrong(name, `${expected} or null`, value));
  return value;
}

function positiveInteger(name: string, value: unknown): number | null {
  const number = positive(name, value, 'a positive integer');
  if (number !== null && !Number.isSafeInteger(number)) throw new RangeError(wrong(name, 'a positive integer or null', value));
  return number;
}

function inBytes(mebibytes: number | null): number | null {
  // Ceil: 1e-9 MB is still a restriction, and 0 bytes would mean "none" to an engine.
  return mebibytes === null ? null : Math.min(Math.ceil(mebibytes * MEBIBYTE), Number.MAX_SAFE_INTEGER);
}

function checkBoolean(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new TypeError(wrong(name, 'true or false', value));
  return value;
}

function checkLogger(value: LimitOptions['logger']): Logger | null {
  if (value === undefined || value === null) return null;
  const missing = (['debug', 'info', 'warn', 'error'] as const).filter((level) => typeof value[level] !== 'function');
  if (missing.length > 0) {
    throw new TypeError(
      `${wrong('logger', 'an object with the methods debug, info, warn and error, or null', value)}; missing: ${missing.join(', ')}`,
    );
  }
  return {
    debug: guarded(value, 'debug'),
    info: guarded(value, 'info'),
    warn: guarded(value, 'warn'),
    error: guarded(value, 'error'),
  };
}

/** A logger that throws must neither change an outcome nor end the program from within a timer. */
function guarded(logger: Logger, level: keyof Logger): Logger['debug'] {
  return (message, fields) => {
    try {
      logger[level](message, fields);
    } catch {
      // Its own trouble: there is nobody here to tell.
    }
  };
}

function checkContext(value: LimitOptions['context']): Context {
  if (value === undefined || value === null) return getContext('forkserver');
  if (!isContext(value))
    throw new TypeError(wrong('context', "what getContext('spawn') or getContext('forkserver') returns, or null", value));
  return value;
}

function checkEnv(value: LimitOptions['env']): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new TypeError(wrong('env', 'an object of strings or null', value));
  for (const [name, text] of Object.entries(value)) {
    if (name === '' || /[=\0]/.test(name)) throw new TypeError(wrong('env', 'names without `=` or NUL', name));
    if (typeof text !== 'string' || text.includes('\0'))
      throw new TypeError(wrong(`env.${name}`, 'a string without NUL', text));
  }
  return { ...value };
}

function checkSignal(value: LimitOptions['signal']): AbortSignal | null {
  if (value === undefined || value === null) return null;
  if (!(value instanceof AbortSignal)) throw new TypeError(wrong('signal', 'an AbortSignal or null', value));
  return value;
}
