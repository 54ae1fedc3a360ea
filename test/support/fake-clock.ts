import type { Clock } from '../../src/call/clock.js';

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Moves on, firing what becomes due in its order. */
  advance(seconds: number): void;
  /** How many callbacks wait. */
  pending(): number;
}

export function createFakeClock(): FakeClock {
  // In whole microseconds: sums of fractions would drift.
  let now = 0;
  const timers = new Set<{ due: number; callback: () => void }>();
  const micro = (seconds: number) => Math.round(seconds * 1e6);
  return {
    now: () => now / 1e6,
    after(seconds, callback) {
      const timer = { due: now + micro(seconds), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(seconds) {
      const until = now + micro(seconds);
      while (true) {
        const [next] = [...timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due);
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.due);
        next.callback();
      }
      now = until;
    },
    pending: () => timers.size,
  };
}
