import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import type { runCall } from './call/call.js';
import type { EncodedArguments, encodeArguments } from './call/encode-arguments.js';
import { Output, type OutputChunk } from './call/output.js';
import { takePlace } from './call/places.js';
import type { createLeases, Leases } from './leases.js';
import { checkLimits, type LimitOptions, type Limits } from './limits.js';
import type { ExitStatus, Outcome } from './outcome.js';
import type { Packing } from './payload/pack.js';
import type { Payload } from './payload/payload.js';
import { fromFunction } from './targets/from-function.js';
import {
  hidesHost,
  isModuleFunction,
  isSourceFunction,
  type ModuleFunction,
  type SourceFunction,
  type Target,
} from './targets/target.js';

// biome-ignore lint/suspicious/noExplicitAny: the constraint that fits every function, as in TypeScript's own Parameters<T>
export type AnyFunction = (...args: any) => unknown;

/** What a limited call returns, where it returns. */
export type ResultOf<F extends AnyFunction> = Awaited<ReturnType<F>>;

/** One call under way: a promise of its outcome, and its live output for `for await`. */
export interface LimitedCall<R> extends Promise<Outcome<R>>, AsyncIterable<OutputChunk> {}

/**
 * A function under limits. Calling it gives the function's value, or null when anything went wrong; it never throws for what the
 * function did. Its attributes are those of the call that finished last, null before the first; with calls that overlap, use `run`.
 */
export interface LimitedFunction<F extends AnyFunction> extends AsyncDisposable {
  (...args: Parameters<F>): Promise<ResultOf<F> | null>;
  /** The same with everything there is to know about the call, as one immutable Outcome. */
  run(...args: Parameters<F>): LimitedCall<ResultOf<F>>;
  /** Waits for the calls under way and gives back what is held ready for further ones. */
  close(): Promise<void>;
  readonly result: ResultOf<F> | null;
  readonly exitStatus: ExitStatus | null;
  readonly error: Error | null;
  readonly osErrno: number | null;
  readonly wallClockTime: number | null;
  readonly cpuTime: number | null;
  readonly peakMemory: number | null;
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What {@link enforceLimits} returns: puts a function under the limits. */
export interface Limiter {
  <F extends AnyFunction>(moduleFunction: ModuleFunction<F>): LimitedFunction<F>;
  <F extends AnyFunction>(sourceFunction: SourceFunction<F>): LimitedFunction<F>;
  <F extends AnyFunction>(selfContained: F): LimitedFunction<F>;
}

/**
 * Limits what one call of a function may use. Each call runs in a container of its own.
 *
 * The function is one of a module, {@link fromModule}, with whatever that imports; or one of source text that anybody wrote,
 * {@link fromSource}; or a self-contained function, which is sent as its source text and can use nothing from around it but Node's globals
 * and `import()` of Node's own modules.
 *
 * @throws TypeError | RangeError at once for wrong options, and, from the function returned, TypeError for a function that cannot travel:
 * one that uses variables from around it, a bound or native one, a class.
 */
export function enforceLimits(options: LimitOptions = {}): Limiter {
  const limits = checkLimits(options);
  return <F extends AnyFunction>(target: F | ModuleFunction<F> | SourceFunction<F>) =>
    limitFunction<F>(toTarget(target), limits);
}

function toTarget(target: unknown): Target {
  if (isModuleFunction(target) || isSourceFunction(target)) return target;
  if (typeof target === 'function') return fromFunction(target as AnyFunction);
  throw new TypeError(
    `Expected a function, or what fromModule(url, exportName) returns, got ${inspect(target, { depth: 0 })}. ` +
      'A function of a module is given as enforceLimits({ ... })(fromModule(new URL("./file.js", import.meta.url), "name"))',
  );
}

const attributes = [
  'result',
  'exitStatus',
  'error',
  'osErrno',
  'wallClockTime',
  'cpuTime',
  'peakMemory',
  'stdout',
  'stderr',
  'exitCode',
  'signal',
] as const satisfies readonly (keyof Outcome)[];

const require = createRequire(import.meta.url);

let encode: typeof encodeArguments | null = null;

// Loaded at the first call, as the call itself is: importing nisher must stay cheap. And at once: until an import() has come, the caller
// may have changed what it passed. (Node 20.19 and later require ES modules; under tsx it is another copy of them, whose classes are not
// those that are exported: no errors are made there.) Kept, for asking for it again takes 60 µs.
function encodeNow(args: readonly unknown[]): EncodedArguments {
  encode ??= (require('./call/encode-arguments.js') as typeof import('./call/encode-arguments.js')).encodeArguments;
  return encode(args);
}

/** What a call is made of. */
interface CallParts {
  readonly runCall: typeof runCall;
  readonly createLeases: typeof createLeases;
}

let parts: Promise<CallParts> | null = null;

// At the first call, and kept, too.
function callParts(): Promise<CallParts> {
  parts ??= Promise.all([import('./call/call.js'), import('./leases.js')]).then(([{ runCall }, { createLeases }]) => ({
    runCall,
    createLeases,
  }));
  return parts;
}

function limitFunction<F extends AnyFunction>(target: Target, limits: Limits): LimitedFunction<F> {
  const functionName = target.kind === 'inline' ? target.name : target.exportName;
  const underWay = new Set<Promise<unknown>>();
  let last: Outcome | null = null;
  let packing: Packing | null = null;
  let leases: Leases | null = null;

  // Loaded at the first call, too.
  const pack = async (): Promise<Payload> => {
    packing ??= (await import('./payload/pack.js')).openPacking(target);
    return await packing.current();
  };

  const perform = async (args: EncodedArguments, output: Output): Promise<Outcome> => {
    const place = await takePlace(limits.context, limits.signal);
    try {
      const { runCall, createLeases } = await callParts();
      leases ??= createLeases(limits);
      const from = leases;
      const { outcome, gone } = await runCall({
        functionName,
        args,
        limits,
        output,
        queuedInS: place.waitedInS,
        pack,
        hidesHost: hidesHost(target),
        lease: (payload) => from.take(payload),
        onCalled: () => from.called(),
      });
      underWay.add(gone);
      void gone.then(() => underWay.delete(gone));
      last = outcome;
      return outcome;
    } finally {
      place.leave();
    }
  };

  const run = (...args: unknown[]): LimitedCall<unknown> => {
    const output = new Output({ maxBytes: limits.maxOutputInBytes, capture: limits.captureOutput, live: process });
    limits.logger?.debug('Call', { function: functionName, arguments: args });
    const outcome = perform(encodeNow(args), output);
    underWay.add(outcome);
    void outcome.finally(() => underWay.delete(outcome));
    return Object.assign(outcome, {
      [Symbol.asyncIterator]() {
        output.divert();
        return output[Symbol.asyncIterator]();
      },
    });
  };
  const close = async () => {
    // What waits for calls keeps no program alive, but whoever waits for its end does want to see it.
    const staying = setInterval(() => {}, 60_000);
    while (underWay.size > 0) await Promise.allSettled(underWay);
    await leases?.close();
    clearInterval(staying);
  };

  const limited = async (...args: unknown[]) => (await run(...args)).result;
  Object.defineProperty(limited, 'name', { value: functionName, configurable: true });
  for (const name of attributes) Object.defineProperty(limited, name, { get: () => last?.[name] ?? null, enumerable: true });
  limits.logger?.debug('Limits set', {
    function: functionName,
    memInBytes: limits.memInBytes,
    cpuTimeInS: limits.cpuTimeInS,
    wallTimeInS: limits.wallTimeInS,
    numProcesses: limits.numProcesses,
    gracePeriodInS: limits.gracePeriodInS,
    cpus: limits.cpus,
    context: limits.context.method,
  });
  return Object.assign(limited, { run, close, [Symbol.asyncDispose]: close }) as unknown as LimitedFunction<F>;
}
