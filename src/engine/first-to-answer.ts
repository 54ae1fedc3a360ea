import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks one after another, and the next when the last has failed or has not answered for a while: one that is slow may still be the first.
 * Nobody is asked needlessly: a connection can start a service.
 * @throws AggregateError when all have failed, with their errors in that order
 */
export async function firstToAnswer<T>(asks: readonly (() => Promise<T>)[], patienceInMs: number): Promise<T> {
  const asked: Promise<T>[] = [];
  for (const ask of asks) {
    asked.push(ask());
    const answered = Promise.any(asked);
    const settled = answered.then(
      () => true,
      () => false,
    );
    if (await Promise.race([settled, sleep(patienceInMs, false, { ref: false })])) return await answered;
  }
  return await Promise.any(asked);
}
