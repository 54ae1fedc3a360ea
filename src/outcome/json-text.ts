import { escapeInvisible } from './invisible.js';

export interface JsonOptions {
  /** Characters that the text may have. @default {@link MAX_JSON_LENGTH} */
  readonly maxLength?: number;
  /** A BigInt as its digits, or, where a reader of JSON would lose some of them, as a text. @default 'digits' */
  readonly bigints?: 'digits' | 'text';
}

export interface JsonText {
  /** One line, in pieces of some 64 KB. */
  readonly pieces: readonly string[];
  /** Why it is not the whole value; null when it is. */
  readonly problem: Error | null;
}

/** A value of 600 bytes can have 2^27 times the same part: as JSON it has 13 GB. */
const MAX_JSON_LENGTH = 256 * 2 ** 20;

/** Characters of a piece: what is written at once. */
const PIECE_LENGTH = 64 * 1024;

/**
 * A value as one line of JSON, which is safe to print. Where JSON.stringify would refuse or silently lose the value, it is written so that a
 * reader of JSON gets all of it:
 *
 * | value | written as |
 * |---|---|
 * | BigInt | its digits, as a JSON number of any length |
 * | NaN, Infinity, -Infinity | `"NaN"`, `"Infinity"`, `"-Infinity"`, as Protocol Buffers' JSON does |
 * | -0 | `-0` |
 * | Map | array of [key, value] |
 * | Set, typed arrays | array |
 * | Buffer, ArrayBuffer, DataView | base64 string |
 * | RegExp | its source, `"/a+/g"` |
 * | Error | object with name, message, its own properties and cause |
 *
 * There is always a line: where a value contains itself, `"[Circular]"` stands in its place; one that is too long, or nested too deeply, is
 * left out, and the text says so. `problem` tells of both.
 */
export function jsonText(value: unknown, options: JsonOptions = {}): JsonText {
  const writer = new Writer(options);
  try {
    if (!writer.write(value)) return { pieces: ['null'], problem: null };
    return { pieces: writer.pieces(), problem: writer.problem };
  } catch (error) {
    // Anything else than our own is a stack that is too small.
    const problem = error instanceof TooLongError ? error : new RangeError('its JSON is nested too deeply');
    return { pieces: [JSON.stringify(`[Left out: ${problem.message}]`)], problem };
  }
}

/** The same as one text. @throws Error when it would not be the whole value. */
export function formatJson(value: unknown): string {
  const { pieces, problem } = jsonText(value);
  if (problem !== null) throw problem;
  return pieces.join('');
}

class TooLongError extends RangeError {}

class Writer {
  readonly #maxLength: number;
  readonly #bigints: 'digits' | 'text';
  /** The objects that are being written, by their depth. */
  readonly #above = new Map<object, number>();
  /** Names and indexes that lead to the value. */
  readonly #path: (string | number)[] = [];
  readonly #pieces: string[] = [];
  #piece = '';
  #length = 0;
  problem: Error | null = null;

  constructor({ maxLength = MAX_JSON_LENGTH, bigints = 'digits' }: JsonOptions) {
    this.#maxLength = maxLength;
    this.#bigints = bigints;
  }

  pieces(): string[] {
    return this.#piece === '' ? this.#pieces : [...this.#pieces, this.#piece];
  }

  #put(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#maxLength) throw new TooLongError(`its JSON has more than ${this.#maxLength} characters`);
    this.#piece += text;
    if (this.#piece.length < PIECE_LENGTH) return;
    this.#pieces.push(this.#piece);
    this.#piece = '';
  }

  /** @returns false for what JSON leaves out: nothing is written then */
  write(value: unknown): boolean {
    const text = this.#primitive(value);
    if (text !== undefined) this.#put(text);
    else if (typeof value === 'object' && value !== null) this.#object(value);
    else return false;
    return true;
  }

  #primitive(value: unknown): string | undefined {
    switch (typeof value) {
      case 'string':
        return quote(value);
      case 'boolean':
        return String(value);
      case 'number':
        return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : `"${value}"`;
      case 'bigint':
        return this.#bigints === 'digits' || Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`;
      default:
        return value === null ? 'null' : undefined;
    }
  }

  #object(value: object): void {
    const depth = this.#above.get(value);
    if (depth === undefined) {
      this.#above.set(value, this.#path.length);
      this.#fresh(value);
      this.#above.delete(value);
    } else {
      const [from, to] = [this.#path, this.#path.slice(0, depth)].map(pathText);
      this.problem ??= new TypeError(
        `\`${from}\` refers back to \`${to}\`, and JSON has no form for a value that contains itself`,
      );
      this.#put('"[Circular]"');
    }
  }

  #fresh(value: object): void {
    const text = textOf(value);
    const items = itemsOf(value);
    if (text !== undefined) this.#put(text);
    else if (isArrayOfIntegers(value)) this.#integers(value);
    else if (items !== undefined) this.#list(items);
    else if (isBoxed(value)) this.write(value.valueOf());
    else this.#members(value instanceof Error ? errorEntries(value) : Object.entries(value));
  }

  /** There may be a hundred million. */
  #integers(items: Uint8Array): void {
    this.#put('[');
    for (let start = 0; start < items.length; start += INTEGERS_AT_ONCE) {
      this.#put(`${start === 0 ? '' : ','}${items.subarray(start, start + INTEGERS_AT_ONCE).join(',')}`);
    }
    this.#put(']');
  }

  #list(items: ArrayLike<unknown>): void {
    this.#put('[');
    for (let index = 0; index < items.length; index++) {
      if (index > 0) this.#put(',');
      this.#path.push(index);
      if (!this.write(items[index])) this.#put('null');
      this.#path.pop();
    }
    this.#put(']');
  }

  #members(entries: readonly (readonly [string, unknown])[]): void {
    this.#put('{');
    let isFirst = true;
    for (const [name, item] of entries) {
      if (item === undefined || typeof item === 'function' || typeof item === 'symbol') continue;
      this.#put(`${isFirst ? '' : ','}${quote(name)}:`);
      isFirst = false;
      this.#path.push(name);
      this.write(item);
      this.#path.pop();
    }
    this.#put('}');
  }
}

/** `result.list[0]` */
function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, each) => text + (typeof each === 'number' ? `[${each}]` : `.${each}`), 'result');
}

const INTEGERS_AT_ONCE = 8192;

/** Arrays of integers that are no BigInt; their join is what JSON has. */
function isArrayOfIntegers(value: object): value is Uint8Array {
  return ArrayBuffer.isView(value) && /^(?:Ui|I)nt(?:8|8Clamped|16|32)Array$/.test(value.constructor.name);
}

/** The form of an object that is a text in JSON. */
function textOf(value: object): string | undefined {
  if (Buffer.isBuffer(value) || value instanceof DataView) return base64(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return base64(value, 0, value.byteLength);
  if (value instanceof Date) return JSON.stringify(value);
  return value instanceof URL || value instanceof URLSearchParams || value instanceof RegExp ? quote(String(value)) : undefined;
}

/** What an object holds that is an array in JSON. */
function itemsOf(value: object): ArrayLike<unknown> | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Map || value instanceof Set) return [...value];
  return ArrayBuffer.isView(value) ? (value as unknown as ArrayLike<unknown>) : undefined;
}

/** JSON.stringify escapes the control characters below space only; others move a terminal's cursor, too, or change what is read. */
function quote(text: string): string {
  return escapeInvisible(JSON.stringify(text), (unit) => `\\u${unit.toString(16).padStart(4, '0')}`);
}

function errorEntries(error: Error): [string, unknown][] {
  const inherent = ['name', 'message', 'stack', 'cause', 'errors'];
  const entries: [string, unknown][] = [
    ['name', error.name],
    ['message', error.message],
    ...Object.entries(error).filter(([name]) => !inherent.includes(name)),
  ];
  if (typeof error.stack === 'string') entries.push(['stack', error.stack]);
  if ('cause' in error) entries.push(['cause', error.cause]);
  if (error instanceof AggregateError) entries.push(['errors', error.errors]);
  return entries;
}

function isBoxed(value: object): boolean {
  return value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt;
}

function base64(buffer: ArrayBufferLike, offset: number, length: number): string {
  return JSON.stringify(Buffer.from(buffer, offset, length).toString('base64'));
}
