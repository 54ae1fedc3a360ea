import type { Payload } from '../payload/payload.js';
import { decode } from '../wire/codec.js';
import type { ThrownFacts } from './evidence.js';

/** Rebuilds an error from the container, with the user's own files and lines in its stack. */
export function decodeError(pieces: readonly Buffer[], payload: Payload): unknown {
  const error = decode(pieces);
  mapStacks(error, payload, { errors: new Set(), characters: 0 });
  return error;
}

/** Errors whose stacks are mapped: causes of causes, and those in them. Whoever made them may be hostile. */
const MOST_ERRORS = 64;
/** Characters of their stacks. 64 KiB of positions, the most that is mapped of one, take 0.1 s, and this program waits. */
const MOST_CHARACTERS = 128 * 1024;

/** @param mapped what was: an error in eight places of another, and that one likewise, would be met 8 ** n times. */
function mapStacks(error: unknown, payload: Payload, mapped: { errors: Set<Error>; characters: number }): void {
  if (!(error instanceof Error) || mapped.errors.has(error) || mapped.errors.size >= MOST_ERRORS) return;
  mapped.errors.add(error);
  if (typeof error.stack === 'string' && mapped.characters < MOST_CHARACTERS) {
    mapped.characters += error.stack.length;
    Object.defineProperty(error, 'stack', { value: payload.mapStack(error.stack), configurable: true, writable: true });
  }
  mapStacks(error.cause, payload, mapped);
  if (error instanceof AggregateError)
    for (const inner of error.errors.slice(0, MOST_ERRORS)) mapStacks(inner, payload, mapped);
}

/** errno(3) of Linux ends here; libuv's own numbers, as of a failed name look-up, are beyond. */
const LARGEST_ERRNO = 133;
const ENOMEM = 12;
const refusals = /Array buffer allocation failed|could not allocate memory|out of memory/i;
const refusalCodes: readonly unknown[] = ['ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY'];

const EAGAIN = 11;

/**
 * Some functions of node (os.setPriority, fs.cp) throw a SystemError: it has a code of node's own, and the system's in `info`. A worker
 * whose thread is refused has the system's only at the end of its message.
 */
function systemErrorIn(thrown: NodeJS.ErrnoException & { info?: unknown }): Partial<NodeJS.ErrnoException> {
  const { name, info, code, message } = thrown;
  if (code === 'ERR_WORKER_INIT_FAILED' && message.endsWith('EAGAIN')) return { code: 'EAGAIN', errno: EAGAIN };
  return name === 'SystemError' && typeof info === 'object' && info !== null ? info : thrown;
}

/** What a thrown error says of itself, as far as a verdict can depend on it. */
export function factsOf(thrown: unknown): ThrownFacts {
  if (!(thrown instanceof Error)) return { errno: null, allocationRefused: false };
  const { errno, code } = systemErrorIn(thrown);
  const isSystemError =
    typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) && typeof errno === 'number' && Number.isInteger(errno);
  const positive = isSystemError && Math.abs(errno) <= LARGEST_ERRNO && errno !== 0 ? Math.abs(errno) : null;
  const allocationRefused =
    positive === ENOMEM || refusalCodes.includes(code) || (thrown instanceof RangeError && refusals.test(thrown.message));
  return { errno: positive, allocationRefused };
}
