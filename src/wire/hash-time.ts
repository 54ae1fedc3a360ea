import { performance } from 'node:perf_hooks';

/** Time that the insertions of numbers into the sets and maps of one value may take. */
export interface HashTime {
  /**
   * Makes one more.
   * @throws RangeError when they have taken longer than insertions do
   */
  insert(key: unknown, insertion: () => void): void;
}

/** A garbage collection, or a busy machine. */
const FREE_IN_MS = 1000;
/** An insertion takes 0.1 to 0.3 µs, with the larger tables that it needs now and then. */
const EACH_IN_MS = 0.002;

/**
 * V8 seeds the hashes of texts, not those of numbers: of 500 KB of chosen ones, which all have the same, each is compared with all before it. A
 * few megabytes held the program that reads them up for hours.
 * @param now milliseconds, on a clock that only goes forward
 */
export function createHashTime(now = () => performance.now()): HashTime {
  let spentInMs = 0;
  let insertions = 0;
  return {
    insert(key, insertion) {
      if (typeof key !== 'number' && typeof key !== 'bigint') return insertion();
      const since = now();
      insertion();
      spentInMs += now() - since;
      insertions += 1;
      if (spentInMs > FREE_IN_MS + EACH_IN_MS * insertions)
        throw new RangeError(
          `Its sets and maps take too long to build: ${insertions} numbers took ${Math.round(spentInMs)} ms`,
        );
    },
  };
}
