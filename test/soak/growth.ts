import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a program that goes on for long must not have ever more of. */
export interface Holdings {
  /** V8's heap and what hangs on it, garbage collected. */
  readonly heldInMb: number;
  readonly residentInMb: number;
  readonly descriptors: number;
}

/**
 * The most that may have been added since the program was settled. What is held is a matter of a leak: 900 calls that leave 20 KB each.
 * Resident is also what the allocator keeps of the largest outputs, 8 MB on each stream of four calls at once.
 */
export const MOST_GROWTH: Holdings = { heldInMb: 18, residentInMb: 160, descriptors: 8 };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export async function holdings(): Promise<Holdings> {
  collectGarbage();
  // What hangs on something that had to be finalized goes with the next.
  await sleep(100);
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    heldInMb: Math.round((heapUsed + external) / 2 ** 20),
    residentInMb: Math.round(rss / 2 ** 20),
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

/** What has grown beyond its bound. */
export function growthProblems(settled: Holdings, ended: Holdings): string[] {
  return (Object.keys(MOST_GROWTH) as (keyof Holdings)[]).flatMap((what) =>
    ended[what] - settled[what] <= MOST_GROWTH[what]
      ? []
      : [`${what} was ${settled[what]}, is ${ended[what]}, and may have grown by ${MOST_GROWTH[what]}`],
  );
}
