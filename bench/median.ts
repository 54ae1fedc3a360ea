/** The middle of the values; the mean of the two in the middle of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Runs the actions in turn, so that what disturbs one disturbs the others, too. Milliseconds of each run, an array for each action. */
export async function interleave(rounds: number, actions: readonly (() => Promise<void>)[]): Promise<number[][]> {
  const times: number[][] = actions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // The one that comes first has the quieter machine: take turns in that as well.
    for (let turn = 0; turn < actions.length; turn++) {
      const index = (round + turn) % actions.length;
      const start = performance.now();
      await actions[index]?.();
      times[index]?.push(performance.now() - start);
    }
  }
  return times;
}
