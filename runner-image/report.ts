import { sizeOf } from '../src/wire/bytes.js';
import { encode, TooLargeError, UncarriableError } from '../src/wire/codec.js';
import type { End } from '../src/wire/protocol.js';

/** The last frames of a call. */
export interface Report {
  end: End;
  /** The encoded value's pieces. */
  value: Uint8Array[];
}

export function reportReturned(result: unknown, durationInS: number, maxBytes: number): Report {
  try {
    const value = encode(result, { root: 'result', maxBytes });
    return { end: { status: 'returned', durationInS, valueInBytes: sizeOf(value) }, value };
  } catch (error) {
    if (error instanceof TooLargeError) {
      return { end: { status: 'tooLarge', durationInS, valueInBytes: error.valueInBytes }, value: [] };
    }
    if (error instanceof UncarriableError) {
      return { end: { status: 'uncarriable', durationInS, path: error.path, problem: error.problem }, value: [] };
    }
    throw error;
  }
}

/** Characters of a message that is told of although its error cannot be carried. */
const MAX_MESSAGE = 1000;

function messageOf(thrown: unknown): string {
  try {
    const message = (thrown as { message?: unknown } | null | undefined)?.message;
    return typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : '';
  } catch {
    return '';
  }
}

/** An error in the place of what was thrown, which cannot be carried or is too large. */
function standIn(thrown: unknown, why: Error): Error {
  const error = new Error(`${messageOf(thrown) || 'Threw something'} (${why.message})`);
  error.stack = `Error: ${error.message}`; // Not the stack of the runner.
  return error;
}

export function reportThrew(
  thrown: unknown,
  phase: 'load' | 'call',
  durationInS: number,
  maxBytes: number,
  exits = false,
): Report {
  let value: Uint8Array[];
  try {
    value = encode(thrown, { root: 'error', maxBytes });
  } catch (why) {
    value = encode(standIn(thrown, why as Error), { root: 'error', maxBytes: Number.POSITIVE_INFINITY });
  }
  return { end: { status: 'threw', phase, durationInS, valueInBytes: sizeOf(value), exits }, value };
}
