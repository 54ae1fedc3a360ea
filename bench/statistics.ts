/** The value that `share` (0 to 1) of all values do not exceed: the nearest rank. NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Milliseconds that something takes. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/**
 * Runs the actions in turn, so that what disturbs one disturbs the others, too. Each returns the milliseconds that it measured.
 * @returns an array for each action
 */
export async function interleave(rounds: number, actions: readonly (() => Promise<number>)[]): Promise<number[][]> {
  const times: number[][] = actions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // The one that comes first has the quieter machine: take turns in that as well.
    for (let turn = 0; turn < actions.length; turn++) {
      const index = (round + turn) % actions.length;
      const measured = await actions[index]?.();
      if (measured !== undefined) times[index]?.push(measured);
    }
  }
  return times;
}
