import type { Starts } from './starts.js';

/** Keeps things ready ahead of those who need them. Knows nothing of what they are: containers, here. */
export interface PoolOptions<T> {
  /** Makes one; `ahead` of need, or because somebody waits for it. */
  readonly start: (ahead: boolean) => Promise<T>;
  /** Settles when one that was started has stopped keeping the machine busy. Never rejects. */
  readonly settled: (item: T) => Promise<unknown>;
  /** Ends one that is not needed any more. Never rejects. */
  readonly discard: (item: T) => Promise<void>;
  /** Whether one that waited can still be used. */
  readonly isUsable: (item: T) => boolean;
  /** The most that are kept ready. */
  readonly most: number;
  /** Whether one in use will be put back, if all goes well: then none is made ready in its place. */
  readonly comesBack: (item: T) => boolean;
  /** One that nobody needed for so long is ended. */
  readonly idleTimeInS: number;
  /** Lets no more start at once than the machine has cores. */
  readonly starts: Starts;
  /** Calls back after that many seconds, without keeping the program alive; returns what cancels it. */
  readonly after: (seconds: number, callback: () => void) => () => void;
}

export interface Pool<T> {
  /** One that is ready, or will be the soonest. @throws what `start` does */
  take(): Promise<Taken<T>>;
  /** One that was taken can be used again. */
  putBack(item: T): void;
  /** One that was taken is used up. */
  usedUp(item: T): void;
  /** Makes as many ready as were in use at once lately. */
  refill(): void;
  /** Ends all that wait, and those being started. Further ones are started on demand only. Never rejects. */
  close(): Promise<void>;
}

export interface Taken<T> {
  readonly item: T;
  /** Whether it was started ahead. */
  readonly warm: boolean;
}

interface Idle<T> {
  readonly item: T;
  readonly stopWaiting: () => void;
}

export function createPool<T>({
  start,
  settled,
  discard,
  isUsable,
  most,
  comesBack,
  idleTimeInS,
  starts,
  after,
}: PoolOptions<T>): Pool<T> {
  const idle: Idle<T>[] = [];
  /** Being started ahead, and not yet spoken for. */
  const coming: Promise<T | null>[] = [];
  const ending = new Set<Promise<void>>();
  const taken = new Set<T>();
  let inUse = 0;
  /** The most in use at once since the pool was last idle: as many are kept ready. */
  let demand = 0;
  let closed = false;

  const end = (item: T) => {
    const discarding = discard(item);
    ending.add(discarding);
    void discarding.then(() => ending.delete(discarding));
  };
  const keep = (item: T) => {
    if (closed) return end(item);
    const cancel = after(idleTimeInS, () => {
      const index = idle.findIndex((waiting) => waiting.item === item);
      if (index === -1) return;
      idle.splice(index, 1);
      demand = Math.min(demand, inUse);
      end(item);
    });
    idle.push({ item, stopWaiting: cancel });
  };
  const takeIdle = (): T | null => {
    for (let first = idle.shift(); first !== undefined; first = idle.shift()) {
      first.stopWaiting();
      if (isUsable(first.item)) return first.item;
      end(first.item);
    }
    return null;
  };
  const startAhead = async (): Promise<T | null> => {
    try {
      const item = await start(true);
      void settled(item).then(() => {
        starts.leave();
        refill();
      });
      return item;
    } catch {
      // Whoever needs one next tries for himself, and is told why it cannot be had.
      starts.leave();
      return null;
    }
  };
  const comingBack = () => [...taken].filter(comesBack).length;
  const refill = () => {
    const there = () => idle.length + coming.length + comingBack();
    while (!closed && there() < Math.min(demand, most) && starts.enter()) {
      const starting = startAhead();
      coming.push(starting);
      void starting.then((item) => {
        const index = coming.indexOf(starting);
        // Somebody waits for it already.
        if (index === -1) return;
        coming.splice(index, 1);
        if (item !== null) keep(item);
      });
    }
  };

  const next = async (): Promise<Taken<T>> => {
    const ready = takeIdle();
    if (ready !== null) return { item: ready, warm: true };
    const soonest = await coming.shift();
    if (soonest !== undefined && soonest !== null) return { item: soonest, warm: true };
    return { item: await starts.demand(() => start(false)), warm: false };
  };
  const release = (item: T) => {
    inUse--;
    taken.delete(item);
  };

  return {
    async take() {
      inUse++;
      demand = Math.max(demand, inUse);
      try {
        const one = await next();
        taken.add(one.item);
        return one;
      } catch (error) {
        inUse--;
        throw error;
      }
    },
    putBack(item) {
      release(item);
      keep(item);
    },
    usedUp: release,
    refill,
    async close() {
      closed = true;
      for (const { item, stopWaiting } of idle.splice(0)) {
        stopWaiting();
        end(item);
      }
      await Promise.all(coming);
      await Promise.all(ending);
    },
  };
}
