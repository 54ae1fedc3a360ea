import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { DecodeError, decode, encode, UncarriableError } from '../../../src/wire/codec.js';
import { mutate, mutations } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';

/** An encoded value with this JSON text, and binaries. */
export function forge(json: string, binaries: readonly Uint8Array[] = []): Buffer {
  const text = Buffer.from(json);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(text.length);
  const rest = binaries.flatMap((binary) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(binary.length));
    return [length, binary];
  });
  return Buffer.concat([head, text, ...rest]);
}

/** Classes whose instances a decoded value may have in it, and nothing else. */
const carried = [
  Object,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  URL,
  URLSearchParams,
  ArrayBuffer,
  DataView,
  Buffer,
  Number,
  String,
  Boolean,
  BigInt,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
].map(({ prototype }) => prototype as object);
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** Everything in a decoded value is data of the language: nothing callable, no class of anybody's. */
function assertIsData(value: unknown): void {
  const seen = new Set<unknown>();
  for (const waiting = [value]; waiting.length > 0; ) {
    const thing = waiting.pop();
    assert.ok(typeof thing !== 'function' && typeof thing !== 'symbol', `a ${typeof thing}`);
    if (typeof thing !== 'object' || thing === null || seen.has(thing)) continue;
    seen.add(thing);
    const prototype = Object.getPrototypeOf(thing) as object | null;
    const isKnown = prototype === null || carried.includes(prototype) || Object.getPrototypeOf(prototype) === typedArray;
    assert.ok(isKnown, `an instance of ${prototype?.constructor.name}`);
    if (ArrayBuffer.isView(thing)) continue;
    for (const key of Reflect.ownKeys(thing)) {
      assert.type(key, 'string');
      const { get, set, value } = Object.getOwnPropertyDescriptor(thing, key) ?? {};
      assert.ok(get === undefined && set === undefined);
      // V8's own.
      if (key !== 'stack') waiting.push(value);
    }
    if (thing instanceof Map) waiting.push(...thing.keys(), ...thing.values());
    if (thing instanceof Set) waiting.push(...thing);
  }
}

/** @returns the value, or DecodeError for bytes that are none. */
export function decodeOrRefuse(bytes: Uint8Array): unknown {
  const { stackTraceLimit } = Error;
  try {
    const value = decode([bytes]);
    assertIsData(value);
    return value;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return DecodeError;
  } finally {
    assert.is(Error.stackTraceLimit, stackTraceLimit);
  }
}

const tags = fc.constantFrom(
  ...[
    'Date',
    'Set',
    'Map',
    'RegExp',
    'Object',
    'BigInt',
    'null',
    'Uint8Array',
    'Float64Array',
    'BigInt64Array',
    'Float16Array',
  ],
  ...['DataView', 'ArrayBuffer', 'Buffer', 'Error', 'URL', 'URLSearchParams', 'Temporal.Instant', 'AggregateError', 'Function'],
);
const names = fc.constantFrom(
  ...[
    'a',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'then',
    'toJSON',
    'length',
    'name',
    'message',
    'stack',
    'cause',
  ],
  ...['errors', 'properties', 'code', 'errno', '0', '-1', '4294967295'],
);
const index = fc.integer({ min: -10, max: 14 });
const atom = fc.oneof(
  { weight: 4, arbitrary: index },
  tags,
  names,
  fc.constantFrom<unknown>(
    2 ** 32 - 1,
    2 ** 32,
    1e300,
    0.5,
    null,
    true,
    '',
    '2020-01-01',
    'http://a/',
    '0x10',
    '-0x',
    '(',
    'g',
  ),
);
const list = fc.array(atom, { maxLength: 6 });
const entry = fc.oneof(
  atom,
  list,
  fc.tuple(tags, list).map(([tag, rest]) => [tag, ...rest]),
  // Several of them name the same.
  fc.tuple(tags, fc.integer({ min: 1, max: 3 })),
  fc.tuple(fc.constant(-7), list).map(([sparse, rest]) => [sparse, ...rest]),
  fc
    .constantFrom('Error', 'TypeError', 'AggregateError')
    .chain((name) =>
      fc
        .record(
          { name: index, message: index, stack: index, cause: index, errors: index, properties: index },
          { requiredKeys: [] },
        )
        .map((record) => ({ ...record, hint: name })),
    ),
  fc.array(fc.tuple(names, atom), { maxLength: 5 }).map(
    // As JSON.parse does: `__proto__` becomes a property of its own.
    (entries) => JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`) as unknown,
  ),
);
const binaries = fc.array(fc.uint8Array({ maxLength: 24 }), { maxLength: 3 });

/** Well-formed as far as JSON goes, of what devalue's format is made of: data, or a DecodeError. */
export const codecGrammar: Fuzzed = {
  name: 'codec-grammar',
  quickRuns: 3000,
  property: fc.property(fc.array(entry, { minLength: 1, maxLength: 14 }), binaries, (json, bytes) => {
    const value = decodeOrRefuse(forge(JSON.stringify(json), bytes));
    if (value === DecodeError) return;
    // What was understood can be said again, unless it is what no function may return.
    try {
      const bytes = encoded(value);
      assert.ok(encoded(decode([bytes])).equals(bytes));
    } catch (error) {
      if (!(error instanceof UncarriableError)) throw error;
    }
  }),
};

function encoded(value: unknown): Buffer {
  return Buffer.concat(encode(value, { root: 'result', maxBytes: 2 ** 20 }));
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withBoxedValues: true,
  key: fc.string().filter((key) => key !== '__proto__'),
});

/** What a function has returned, changed on its way: data, or a DecodeError. */
export const codecMutations: Fuzzed = {
  name: 'codec-mutations',
  quickRuns: 1000,
  property: fc.property(anything, mutations, (value, list) => {
    decodeOrRefuse(mutate(encoded(value), list));
  }),
};

/** Any bytes at all: data, or a DecodeError. */
export const codecBytes: Fuzzed = {
  name: 'codec-bytes',
  quickRuns: 1000,
  property: fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeOrRefuse(bytes)),
};
