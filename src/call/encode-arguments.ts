import { sizeOf } from '../wire/bytes.js';
import { encode, UncarriableError } from '../wire/codec.js';
import type { Fault } from './evidence.js';

/** What a function is called with, as it was at that moment. */
export interface EncodedArguments {
  readonly pieces: readonly Uint8Array[];
  readonly sizeInBytes: number;
  /** Why they cannot be carried. */
  readonly fault: Fault | null;
}

/** A message's length has 32 bits. */
const LARGEST_MESSAGE_IN_BYTES = 2 ** 32 - 1;

/**
 * Takes the arguments as they are now, before anything is awaited: the caller may change them while the call waits for its
 * container. So buffers, which the codec passes on as they are, are copied.
 */
export function encodeArguments(args: readonly unknown[]): EncodedArguments {
  try {
    const pieces = encode(args, { root: 'arguments', maxBytes: LARGEST_MESSAGE_IN_BYTES });
    return { pieces: pieces.map((piece) => piece.slice()), sizeInBytes: sizeOf(pieces), fault: null };
  } catch (error) {
    return { pieces: [], sizeInBytes: 0, fault: faultOf(error) };
  }
}

function faultOf(cause: unknown): Fault {
  if (cause instanceof UncarriableError) {
    return {
      kind: 'value',
      message: `The arguments cannot be carried into the container: ${cause.path} ${cause.problem}`,
      hint: 'Pass plain data: see docs/values.md',
      cause,
    };
  }
  return {
    kind: 'value',
    message: `The arguments cannot be encoded: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  };
}
