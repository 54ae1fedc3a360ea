import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { deferred } from '../../src/call/deferred.js';
import { enforceLimits, fromModule, getContext, type LimitOptions, type Outcome } from '../../src/index.js';
import { type EngineProxy, type Fate, openEngineProxy, type ProxiedRequest } from './engine-proxy.js';
import { faultFunctions, moduleLoadsForEver } from './fault-program.js';
import { patience } from './patience.js';
import { containerIn, isStep } from './steps.js';

export interface WatchedOptions {
  readonly method: 'spawn' | 'forkserver';
  /** Of test/fixtures/faults/functions.ts, or `never`, whose module never stops loading. */
  readonly name: string;
  readonly limits: LimitOptions;
  readonly image?: string;
  /** What becomes of requests. */
  readonly decide?: (request: ProxiedRequest) => Fate | Promise<Fate>;
}

/** A function of whose containers it is seen how far they have come. */
export interface WatchedFunction extends AsyncDisposable {
  readonly proxy: EngineProxy;
  /** Of its containers, in the order of their starts. */
  readonly ids: readonly string[];
  run(warmUp?: boolean): ReturnType<ReturnType<typeof limit>['run']>;
  /** Resolves when so many have the module loaded. */
  untilLoaded(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function watchedFunction(enginePath: string, options: WatchedOptions): Promise<WatchedFunction> {
  const ids: string[] = [];
  const loaded = new Set<string>();
  const proxy = await openEngineProxy(
    enginePath,
    (request) => {
      if (isStep('start', request)) ids.push(containerIn(request));
      return options.decide?.(request);
    },
    (request, piece) => {
      if (isStep('attach', request) && piece.includes('loaded\n')) loaded.add(containerIn(request));
    },
  );
  const limited = limit(proxy.url, options);
  return {
    proxy,
    ids,
    run: limited.run,
    async untilLoaded(count) {
      while (loaded.size < count) await sleep(20);
      // It says so as it is loaded; a moment later it waits.
      await sleep(500 * patience);
    },
    close: limited.close,
    async [Symbol.asyncDispose]() {
      await limited.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function limit(url: string, { method, name, limits, image }: WatchedOptions) {
  const context = getContext(method, { engine: url, ...(image !== undefined && { image }) });
  const file = name === 'never' ? moduleLoadsForEver : faultFunctions;
  return enforceLimits({ captureOutput: true, env: { TELLS_WHEN_LOADED: '1' }, ...limits, context })(
    fromModule<Record<string, (warmUp?: boolean) => unknown>, string>(pathToFileURL(file), name),
  );
}

/**
 * Where a call can be in its container: its module is being loaded, its function never rests, or waits, or has returned a value of which
 * one part is here.
 */
export const moments = ['load', 'busy', 'waits', 'large'] as const;
export type Moment = (typeof moments)[number];

export interface Way {
  readonly method: 'spawn' | 'forkserver';
  readonly moment: Moment;
}

/** In a container of the call's own, and in one that was ready before; while a module is being loaded, there is no difference. */
export const ways: readonly Way[] = (['spawn', 'forkserver'] as const).flatMap((method) =>
  moments.filter((moment) => method === 'spawn' || moment !== 'load').map((moment) => ({ method, moment })),
);

export const wayOf = ({ method, moment }: Way): string => `${moment} ${method}`;

export interface CallAt extends AsyncDisposable {
  /** Of its container. */
  readonly id: string;
  readonly proxy: EngineProxy;
  /** Resolves when no other container is being started: the next call's waits for it. */
  settled(): Promise<void>;
  /** Lets what was held back go on, and waits for what the call comes to; counts the seconds that takes. */
  told(): Promise<{ outcome: Outcome; inS: number }>;
  close(): Promise<void>;
}

/** So much of a large value is passed on until the call is to go on. */
const HELD_UP_AFTER_BYTES = 2 ** 20;

/** Makes a call, and returns when it has come to that moment. */
export async function callAt(
  enginePath: string,
  { method, moment, ...options }: Way & Omit<WatchedOptions, 'name'>,
): Promise<CallAt> {
  // The first container of a pool is for the first call, and is not ready before that.
  const which = method === 'forkserver' ? 1 : 0;
  let attached = 0;
  const reached = deferred<void>();
  const goOn = deferred<void>();
  const holdUp = () => {
    reached.resolve();
    return goOn.promise;
  };
  const limited = await watchedFunction(enginePath, {
    ...options,
    method,
    name: moment === 'load' ? 'never' : moment,
    decide: (request) => {
      const isIts = isStep('attach', request) && attached++ === which;
      if (isIts && moment === 'large') return { kind: 'halfway', afterBytes: HELD_UP_AFTER_BYTES, until: holdUp };
      return options.decide?.(request);
    },
  });
  const closeAll = async () => {
    goOn.resolve();
    await limited.close();
  };
  const dispose = async () => {
    goOn.resolve();
    await limited[Symbol.asyncDispose]();
  };
  try {
    if (method === 'forkserver') {
      const { exitStatus, error } = await limited.run(true);
      assert.is(exitStatus, 0, error?.message);
      await limited.untilLoaded(2);
    }
    const call = limited.run();
    const watch = async () => {
      for await (const { data } of call) if (moment !== 'large' && /called|loading/.test(data.toString())) reached.resolve();
    };
    void watch();
    const over = call.then(({ exitStatus, error }) => {
      throw new Error(`It was over before: ${exitStatus} ${error?.message}`);
    });
    await Promise.race([reached.promise, over]);
    over.catch(() => {});
    return {
      id: limited.ids[which] ?? '',
      proxy: limited.proxy,
      settled: async () => (method === 'forkserver' ? await limited.untilLoaded(3) : undefined),
      async told() {
        const since = performance.now();
        goOn.resolve();
        return { outcome: await call, inS: (performance.now() - since) / 1000 };
      },
      close: closeAll,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
