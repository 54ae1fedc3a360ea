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
  readonly waiting: (() => void)[];
}

const lines = new WeakMap<Context, Line>();

/** Waits, in order, until fewer than `maxConcurrency` calls of that context run, or the caller aborts: the call then ends by itself. */
export async function takePlace(context: Context, signal: AbortSignal | null): Promise<Place> {
  const { maxConcurrency } = context;
  if (maxConcurrency === null) return { waitedInS: 0, leave: () => {} };
  const line = lines.get(context) ?? { running: 0, waiting: [] };
  lines.set(context, line);
  const since = performance.now();
  if (line.running >= maxConcurrency && !signal?.aborted) await turn(line, signal);
  line.running++;
  return {
    waitedInS: (performance.now() - since) / 1000,
    leave() {
      line.running--;
      line.waiting.shift()?.();
    },
  };
}

function turn(line: Line, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => {
      line.waiting.splice(line.waiting.indexOf(go), 1);
      resolve();
    };
    line.waiting.push(go);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}
