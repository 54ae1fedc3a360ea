/** Time as a call sees it; injected, so that time logic is tested without waiting. */
export interface Clock {
  /** Monotonic seconds. */
  now(): number;
  /** Calls back after that many seconds; returns what cancels it. */
  after(seconds: number, callback: () => void): () => void;
}

/** The machine's own. */
export const systemClock = machineClock(true);

/** The machine's own, without keeping the program alive: for what nobody waits for. */
export const quietClock = machineClock(false);

function machineClock(keepsAlive: boolean): Clock {
  return {
    now: () => performance.now() / 1000,
    after(seconds, callback) {
      const timer = setTimeout(callback, seconds * 1000);
      if (!keepsAlive) timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
