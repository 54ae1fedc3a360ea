import type { Lease } from './call/call-record.js';
import { quietClock, systemClock } from './call/clock.js';
import { dismiss } from './call/dismiss.js';
import { type Prepared, prepare } from './call/prepare.js';
import type { SandboxEngine } from './call/sandbox.js';
import { openEngine } from './context.js';
import { createPool, type Pool } from './engine/pool.js';
import { createStarts, type Starts } from './engine/starts.js';
import type { Limits } from './limits.js';
import type { Payload } from './payload/payload.js';

/** Where one function's calls get their containers. */
export interface Leases {
  /** A container for a call. @throws PynisherError when the engine has none. */
  take(payload: Payload): Promise<Lease>;
  /** The function that was waited for runs now: time to start ahead for the next call. */
  called(): void;
  /** Ends what waits for calls. Never rejects. */
  close(): Promise<void>;
}

/** Seconds that a warm container waits for a call before it is given up. */
const IDLE_TIME_IN_S = 10;
/** A call that is over sooner is not disturbed by the next one's container. */
const REFILL_DELAY_IN_S = 0.01;
/** All warm containers together may be allowed this share of the machine's memory. */
const WARM_MEMORY_SHARE = 0.5;
/** What one without a limit is counted as. */
const UNLIMITED_COUNTS_AS_IN_BYTES = 256 * 2 ** 20;

export function createLeases(limits: Limits): Leases {
  const { context, logger } = limits;
  const engine = () => openEngine(context, (line) => logger?.info(line));
  const start = async (payload: Payload, ahead: boolean): Promise<Prepared> => {
    const prepared = await prepare({ engine: await engine(), payload, limits, clock: ahead ? quietClock : systemClock });
    if (ahead) prepared.sandbox.keepAlive(false);
    return prepared;
  };
  if (context.method === 'spawn') {
    return {
      take: async (payload) => ({ prepared: await start(payload, false), warm: false, end: () => false }),
      called: () => {},
      close: async () => {},
    };
  }

  let current: { digest: string; pool: Pool<Prepared> } | null = null;
  const closing = new Set<Promise<void>>();
  const served = new WeakMap<Prepared, number>();
  const close = () => {
    const ended = current?.pool.close();
    current = null;
    if (ended === undefined) return;
    closing.add(ended);
    void ended.then(() => closing.delete(ended));
  };
  const poolFor = async (payload: Payload): Promise<Pool<Prepared>> => {
    const { digest } = payload;
    if (current?.digest === digest) return current.pool;
    const machine = await engine();
    if (current?.digest === digest) return current.pool;
    // The module has changed: what waits has loaded the code as it was.
    close();
    const pool = createPool<Prepared>({
      start: (ahead) => start(payload, ahead),
      settled: (prepared) => prepared.loaded,
      discard: async (prepared) => {
        const { gone } = await dismiss(prepared, prepared.phase !== 'loaded', { clock: quietClock, limits });
        await gone;
      },
      // One that failed while it was loaded says so to the call that gets it. One that has served may have worked: for its calls.
      isUsable: (prepared) =>
        prepared.phase !== 'loaded' || !(prepared.over || (!served.has(prepared) && prepared.isRestless())),
      most: mostWarm(limits, machine),
      comesBack: (prepared) => (served.get(prepared) ?? 0) + 1 < context.maxTasksPerChild,
      idleTimeInS: IDLE_TIME_IN_S,
      starts: startsOn(context.engine, machine),
      after: quietClock.after,
    });
    current = { digest, pool };
    return pool;
  };

  return {
    async take(payload) {
      const from = await poolFor(payload);
      const { item: prepared, warm } = await from.take();
      return {
        prepared,
        warm,
        end(reusable) {
          const calls = (served.get(prepared) ?? 0) + 1;
          served.set(prepared, calls);
          const takenBack = reusable && calls < context.maxTasksPerChild;
          if (takenBack) {
            prepared.conversation.nextCall();
            prepared.sandbox.keepAlive(false);
            from.putBack(prepared);
          } else from.usedUp(prepared);
          // The caller has the value first: to ask for a container takes 1 ms.
          setImmediate(() => from.refill());
          return takenBack;
        },
      };
    },
    called: () => void quietClock.after(REFILL_DELAY_IN_S, () => current?.pool.refill()),
    async close() {
      close();
      await Promise.all(closing);
    },
  };
}

function mostWarm({ context, memInBytes }: Limits, machine: SandboxEngine): number {
  const byMemory = Math.floor((WARM_MEMORY_SHARE * machine.memInBytes) / (memInBytes ?? UNLIMITED_COUNTS_AS_IN_BYTES));
  return Math.min(context.warm ?? Number.POSITIVE_INFINITY, context.maxConcurrency ?? Number.POSITIVE_INFINITY, byMemory);
}

const startsByEngine = new Map<string | null, Starts>();

/** One count for all functions on an engine. */
function startsOn(engine: string | null, { cores }: SandboxEngine): Starts {
  const starts = startsByEngine.get(engine) ?? createStarts(cores);
  startsByEngine.set(engine, starts);
  return starts;
}
