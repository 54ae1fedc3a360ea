import { PynisherError } from '../exceptions.js';
import { PackError } from '../payload/payload.js';
import type { Said } from './conversation.js';
import type { Fault } from './evidence.js';
import { isMemoryRefusal } from './sandbox.js';

/** What went wrong before the function could be called, as evidence. */

export function packFault(error: unknown): Fault {
  if (error instanceof PackError) return { kind: 'pack', message: error.message, hint: error.hint, cause: error.cause };
  return { kind: 'engine', message: `The function could not be packed: ${messageOf(error)}`, cause: error };
}

export function engineFault(error: unknown): Fault {
  if (isMemoryRefusal(error)) return { kind: 'memory', message: error.message, cause: error };
  if (error instanceof PynisherError) return { kind: 'engine', message: error.summary, hint: error.hint, cause: error.cause };
  return { kind: 'engine', message: `The engine could not start a container: ${messageOf(error)}`, cause: error };
}

/** Two machines' clocks, and a container's and this program's view of one. */
const CLOCKS_DIFFER_BY = { inS: 0.05, share: 0.01 };

/**
 * A word that cannot be true: code that forges the runner's could otherwise have it be any limit's fault.
 * @param mostInS seconds since before the function could begin
 */
export function durationFault(said: Said | null, mostInS: number): Fault | null {
  if (said === null || !('durationInS' in said.end)) return null;
  const { durationInS } = said.end;
  if (durationInS <= mostInS * (1 + CLOCKS_DIFFER_BY.share) + CLOCKS_DIFFER_BY.inS) return null;
  return {
    kind: 'protocol',
    message: `The runner says that the function took ${durationInS} s, of ${mostInS.toFixed(3)} s that have passed`,
    hint: "Code in the container has interfered with nisher's runner",
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
