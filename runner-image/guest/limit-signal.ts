/**
 * `import { limitSignal } from 'nisher/guest'`: how a function learns that its grace period has begun.
 * Imports nothing, so that a function can carry it at no cost.
 */

const shared = globalThis as { [key: symbol]: unknown };

/**
 * Aborted when a limit of the call is reached and its grace period begins; `reason` is then a `TimeoutException`, a
 * `CpuTimeoutException`, or, when the caller aborted the call, a `SignalException`. A function that returns within
 * `gracePeriodInS` returns its value as usual; one that rejects with this reason, or goes on, gets the limit's status.
 * Without a grace period, and outside a container, it is never aborted.
 *
 * A busy loop sees nothing of it: events need the loop to be left now and then. And waiting for it keeps nothing alive: a
 * function that has nothing else left to do has ended without a value.
 *
 * @example
 * ```ts
 * import { limitSignal } from 'nisher/guest';
 * export async function search() {
 *   let best = null;
 *   while (!limitSignal.aborted) best = await improve(best);
 *   return best;
 * }
 * ```
 */
export const limitSignal: AbortSignal =
  // The runner, a bundle of its own, leaves its signal under this registered symbol.
  (shared[Symbol.for('nisher.limitSignal')] as AbortSignal | undefined) ?? new AbortController().signal;
