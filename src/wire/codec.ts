/**
 * Values as bytes, both ways.
 *
 *     u32 BE    length of the JSON text
 *     bytes     JSON text: devalue's, with `["ArrayBuffer", n]` for the n-th binary (from 1)
 *     per binary, in order:
 *       u64 BE  its length
 *       bytes
 *
 * Binary goes beside the text rather than in it: 64 MiB take 2 ms to write and 48 ms to read, as base64 94 and 189 ms.
 */
import { types } from 'node:util';
import { DevalueError, stringify, unflatten } from 'devalue';
import { createAllowance } from './allowance.js';
import { createBuildOperations } from './build-operations.js';
import { bytesOf, fromUtf8, sizeOf, toUtf8 } from './bytes.js';
import { type ErrorRecord, emptyError, emptyErrorRecord, fillErrorRecord, isError, reviveError } from './error-record.js';
import { intrinsics } from './intrinsics.js';
import { readPlain, writePlain } from './plain-values.js';
import { createReader, readProblem } from './read-operations.js';
import { DecodeError, TooLargeError, UncarriableError } from './wire-errors.js';

export { DecodeError, TooLargeError, UncarriableError };

const { isArrayBuffer, isUint8Array } = types;

/**
 * Objects and arrays in one value. `{},` is 3 bytes on the wire and about 130 in memory once parsed and built: without
 * this limit a result of 64 MB could take the host's whole heap.
 */
export const MAX_CONTAINERS = 2_000_000;
/** A text shorter than that cannot do harm, and is not counted. */
const COUNT_FROM_BYTES = 8 * 2 ** 20;

/** Digits of a BigInt written in decimal. Reading decimal is quadratic (4 million digits: 1 s); longer ones go in hexadecimal. */
const MAX_DECIMAL_DIGITS = 1000;
const HEX_FROM = 10n ** BigInt(MAX_DECIMAL_DIGITS - 1);

/** Longest string that V8 makes is 2^29 − 24 characters: a text beyond has at least so many bytes. */
const BEYOND_LONGEST_TEXT = 2 ** 29 - 24;

const { Buffer: OuterBuffer } = intrinsics;
const { prototype: bufferPrototype, from: bufferFrom } = OuterBuffer;

interface Encoded {
  text: string;
  binaries: Uint8Array[];
}

function stringifyValue(value: unknown, root: string, records: Map<object, ErrorRecord>): Encoded {
  const binaries: Uint8Array[] = [];
  const reader = createReader();

  function canCarry(candidate: unknown): boolean {
    if (isError(candidate)) return true;
    try {
      stringifyValue(candidate, root, records);
      return true;
    } catch {
      return false;
    }
  }

  const reducers: { [type: string]: (thing: unknown) => unknown } = {
    ArrayBuffer(thing) {
      const bytes = reader.sliceOf(thing) ?? (isArrayBuffer(thing) ? new Uint8Array(thing) : undefined);
      return bytes === undefined ? 0 : binaries.push(bytes);
    },
    Buffer: (thing) =>
      isUint8Array(thing) && Object.getPrototypeOf(thing) === bufferPrototype && reader.standInFor(thing as Uint8Array),
    BigInt: (thing) =>
      typeof thing === 'bigint' &&
      (thing >= HEX_FROM ? `0x${thing.toString(16)}` : thing <= -HEX_FROM && `-0x${(-thing).toString(16)}`),
    Error(thing) {
      if (!isError(thing)) return undefined;
      reader.enter(thing);
      let record = records.get(thing);
      if (record === undefined) {
        record = emptyErrorRecord();
        records.set(thing, record);
        fillErrorRecord(record, thing, canCarry);
      }
      return record;
    },
  };

  try {
    return { text: stringify(value, reducers, { operations: reader.operations }), binaries };
  } catch (error) {
    if (error instanceof DevalueError) throw new UncarriableError(`${root}${error.path}`, reader.problemOf(error.value));
    if (error instanceof RangeError) {
      if (error.message === 'Invalid string length') throw new TooLargeError(BEYOND_LONGEST_TEXT, BEYOND_LONGEST_TEXT);
      throw new UncarriableError(root, 'is nested too deeply');
    }
    throw new UncarriableError(root, readProblem(error));
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** Whether a JSON text has more objects and arrays than one value may have. */
function hasTooManyContainers(json: Uint8Array): boolean {
  if (json.length < COUNT_FROM_BYTES) return false;
  let count = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) inString = !inString;
    else if (inString) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === BRACKET || byte === BRACE) count += 1;
  }
  return count > MAX_CONTAINERS;
}

/**
 * @param options.root what the value is called in messages: `result` gives paths like `result.a[3].callback`.
 * @returns the encoded value in pieces to be written one after another. Binary pieces are the value's own memory: write or
 * copy them before its owner runs again.
 * @throws UncarriableError when something in it cannot be carried: a function, a symbol, an instance of a class, a promise,
 * a getter that throws, nesting beyond 1,000 levels, more than 2 million objects.
 * @throws TooLargeError when it has more than `maxBytes` bytes.
 */
export function encode(value: unknown, options: { root: string; maxBytes: number }): Uint8Array[] {
  const { root, maxBytes } = options;
  const plain = writePlain(value);
  const { text, binaries } = plain === null ? stringifyValue(value, root, new Map()) : { text: plain, binaries: [] };
  const json = toUtf8(text);
  const total = binaries.reduce((sum, binary) => sum + 8 + binary.length, 4 + json.length);
  if (total > maxBytes) throw new TooLargeError(total, maxBytes);
  if (hasTooManyContainers(json)) throw new UncarriableError(root, `has more than ${MAX_CONTAINERS} objects and arrays`);

  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, json.length);
  const pieces = [head, json];
  for (const binary of binaries) {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(binary.length));
    pieces.push(length, binary);
  }
  return pieces;
}

/** Cuts bytes into the JSON text and the binaries after it, which stay in their pieces; trusts no length. */
function cut(pieces: readonly Uint8Array[]): { json: Uint8Array; binaries: Uint8Array[][] } {
  let left = sizeOf(pieces);
  let piece = 0;
  let at = 0;
  const take = (length: number): Uint8Array[] => {
    if (length > left) throw new DecodeError(`${length} bytes declared where ${left} are left`);
    left -= length;
    const taken: Uint8Array[] = [];
    for (let missing = length; missing > 0; ) {
      const bytes = pieces[piece] as Uint8Array;
      const part = bytes.subarray(at, at + missing);
      if (part.length > 0) taken.push(part);
      missing -= part.length;
      at += part.length;
      if (at === bytes.length) {
        piece += 1;
        at = 0;
      }
    }
    return taken;
  };
  const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const json = join(take(viewOf(join(take(4))).getUint32(0)));
  const binaries: Uint8Array[][] = [];
  while (left > 0) binaries.push(take(Number(viewOf(join(take(8))).getBigUint64(0))));
  return { json, binaries };
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const joined = new Uint8Array(sizeOf(pieces));
  copyInto(joined, pieces);
  return joined;
}

function copyInto(target: Uint8Array, pieces: readonly Uint8Array[]): void {
  let at = 0;
  for (const piece of pieces) {
    target.set(piece, at);
    at += piece.length;
  }
}

function bigintFrom(text: unknown): bigint {
  if (typeof text !== 'string') throw new DecodeError('A BigInt that is no text');
  if (text.startsWith('0x')) return BigInt(text);
  if (text.startsWith('-0x')) return -BigInt(text.slice(1));
  if (text.length > MAX_DECIMAL_DIGITS + 1) throw new DecodeError(`A BigInt of ${text.length} decimal digits`);
  return BigInt(text);
}

/**
 * The value that {@link encode} made the bytes of. The bytes may come from hostile code: whatever they are, memory stays
 * within a small multiple of their length, nothing of theirs is run, and no prototype is touched.
 * @param input the bytes in pieces, cut anyhow: binaries are copied from them once, into the value.
 * @param options.maxBytes refuses more bytes than that. @default no limit
 * @throws DecodeError and nothing else.
 */
export function decode(input: readonly Uint8Array[], options: { maxBytes?: number } = {}): unknown {
  const { maxBytes = Number.POSITIVE_INFINITY } = options;
  const pieces = input.map(bytesOf);
  const size = sizeOf(pieces);
  if (size > maxBytes) throw new DecodeError(`${size} bytes, of at most ${maxBytes}`);
  // Errors are made of records that may contain the error itself: made at once, filled when everything is there.
  const errors = new Map<object, Error>();
  const buffers = new Map<number, ArrayBuffer>();
  const { stackTraceLimit } = intrinsics.Error;
  try {
    // The stack of a revived error is the one it brings: not to capture another one is 10 times faster.
    intrinsics.Error.stackTraceLimit = 0;
    const { json, binaries } = cut(pieces);
    if (hasTooManyContainers(json)) throw new DecodeError(`More than ${MAX_CONTAINERS} objects and arrays`);
    const flat = JSON.parse(fromUtf8(json)) as number | unknown[];
    const plain = readPlain(flat);
    if (plain !== null) return plain.value;

    let digits = 0;
    const revivers: { [type: string]: (thing: unknown) => unknown } = {
      ArrayBuffer(number) {
        const binary = typeof number === 'number' ? binaries[number - 1] : undefined;
        // Not with what stands there in the message: an array of 2^32 holes is few bytes, and its text takes minutes.
        if (binary === undefined) throw new DecodeError('An ArrayBuffer without its binary');
        let buffer = buffers.get(number as number);
        if (buffer === undefined) {
          buffer = new intrinsics.ArrayBuffer(sizeOf(binary));
          copyInto(new Uint8Array(buffer), binary);
          buffers.set(number as number, buffer);
        }
        return buffer;
      },
      Buffer(buffer) {
        if (!isArrayBuffer(buffer)) throw new DecodeError('A Buffer without bytes');
        return Reflect.apply(bufferFrom, OuterBuffer, [buffer]);
      },
      BigInt(text) {
        const bigint = bigintFrom(text);
        // An encoder writes each once. Read for every entry that names them, 500 KB of digits are 250 KB of memory for every 13 bytes.
        digits += (text as string).length;
        if (digits > json.length) throw new DecodeError('A BigInt in too many places');
        return bigint;
      },
      Error(record) {
        if (typeof record !== 'object' || record === null) throw new DecodeError('An error that is no record');
        let error = errors.get(record);
        if (error === undefined) {
          error = emptyError(record);
          errors.set(record, error);
        }
        return error;
      },
    };
    const value: unknown = unflatten(flat, revivers, { operations: createBuildOperations(createAllowance()) });
    const copied = new Set<unknown>();
    for (const [record, error] of errors) reviveError(error, record, copied);
    return value;
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    throw new DecodeError('The bytes are no encoded value', { cause: error });
  } finally {
    intrinsics.Error.stackTraceLimit = stackTraceLimit;
  }
}
