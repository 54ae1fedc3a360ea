import { setTimeout as sleep } from 'node:timers/promises';

/** Looks now, and again after each interval. @returns whether it was true within that time */
export async function becomesTrue(look: () => boolean, withinInMs: number, intervalInMs: number): Promise<boolean> {
  for (const since = performance.now(); performance.now() - since < withinInMs; await sleep(intervalInMs)) {
    if (look()) return true;
  }
  return look();
}
