import { PynisherError } from '../exceptions.js';
import { PackError } from '../payload/payload.js';
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
