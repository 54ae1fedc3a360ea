import type { Context } from '../context.js';

/** A place among the calls that a context lets run at once. */
export interface Place {
  /** Seconds waited for it. */
  readonly waitedInS: number;
  /** Gives it to the next in line. */
  leave(): void;
}

interface Line {
  running: number;
  readonly most: number;
  readonly waiting: (() => void)[];
}

const lines = new WeakMap<Context, Line>();

/**
 * Waits, in order, until fewer than `maxConcurrency` calls of that context run, or the caller aborts: the call then ends by itself, and has
 * no place to give.
 */
export async function takePlace(context: Context, signal: AbortSignal | null): Promise<Place> {
  const { maxConcurrency } = context;
  if (maxConcurrency === null) return { waitedInS: 0, leave: () => {} };
  const line = lines.get(context) ?? { running: 0, most: maxConcurrency, waiting: [] };
  lines.set(context, line);
  const since = performance.now();
  const isIn = !signal?.aborted && (await turn(line, signal));
  return {
    waitedInS: (performance.now() - since) / 1000,
    leave() {
      if (!isIn) return;
      line.running--;
      admit(line);
    },
  };
}

/** @returns whether its turn came, or the caller aborted */
function turn(line: Line, signal: AbortSignal | null): Promise<boolean> {
  return new Promise((resolve) => {
    const go = () => {
      signal?.removeEventListener('abort', giveUp);
      resolve(true);
    };
    const giveUp = () => {
      line.waiting.splice(line.waiting.indexOf(go), 1);
      resolve(false);
    };
    line.waiting.push(go);
    signal?.addEventListener('abort', giveUp, { once: true });
    admit(line);
  });
}

/** Counts them at once: who comes before they go on must not take their place. */
function admit(line: Line): void {
  while (line.running < line.most) {
    const go = line.waiting.shift();
    if (go === undefined) return;
    line.running++;
    go();
  }
}
