import { inspect, isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { DecodeError, decode, encode, MAX_CONTAINERS, TooLargeError, UncarriableError } from '../../src/wire/codec.js';
import { forge } from '../fuzz/properties/codec.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('codec');

const bytesOf = (value: unknown) => Buffer.concat(encode(value, { root: 'result', maxBytes: 2 ** 30 }));
/** Tells -0 from 0 and holes from undefined, and compares prototypes. */
function same(actual: unknown, expected: unknown): void {
  assert.ok(isDeepStrictEqual(actual, expected), `${inspect(actual)} is not ${inspect(expected)}`);
}
const roundTrip = (value: unknown) => decode([bytesOf(value)]);

function refusal(value: unknown): string {
  try {
    encode(value, { root: 'result', maxBytes: 2 ** 30 });
  } catch (error) {
    if (error instanceof UncarriableError) return error.message;
    throw error;
  }
  return 'carried';
}

function refuses(bytes: Buffer, options?: { maxBytes?: number }): void {
  assert.throws(
    () => decode([bytes], options),
    (error: unknown) => error instanceof DecodeError,
  );
}

const noProto = (key: string) => key !== '__proto__';
const binary = fc.oneof(
  fc.uint8Array(),
  fc.int16Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
  fc.uint8Array().map((bytes) => new DataView(bytes.slice().buffer)),
);
const anything = fc.anything({
  withBigInt: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withBoxedValues: true,
  withUnicodeString: true,
  key: fc.string().filter(noProto),
  values: [
    fc.constantFrom<unknown>(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined, null),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.bigInt(),
    // Node does not count two invalid dates as equal: they have a test of their own.
    fc.date({ noInvalidDate: true }),
    binary,
  ],
});

test('gives back whatever values it was given', () => {
  fc.assert(
    fc.property(anything, (value) => same(roundTrip(value), value)),
    { numRuns: 500 },
  );
});

test('gives back dates, patterns, URLs and boxed values', () => {
  const value = {
    date: new Date(1e12),
    pattern: /a"<\/\u2028/giu,
    url: new URL('http://example.org/a?b#c'),
    query: new URLSearchParams('a=b&a=c'),
    boxed: [new Number(-0), new String('s'), new Boolean(false), Object(5n)],
  };
  const copy = roundTrip(value) as typeof value;
  same({ ...copy, url: copy.url.href, query: String(copy.query) }, { ...value, url: value.url.href, query: 'a=b&a=c' });
  assert.instance(copy.url, URL);
  assert.instance(copy.query, URLSearchParams);
});

test('gives back a date that is none', () => {
  const [date] = roundTrip([new Date(Number.NaN)]) as [Date];
  assert.instance(date, Date);
  assert.ok(Number.isNaN(date.getTime()));
});

test('keeps cycles and shared references', () => {
  const shared = { n: 1 };
  const value: { [key: string]: unknown } = { a: shared, b: [shared], map: new Map([[shared, shared]]) };
  value.self = value;
  const copy = roundTrip(value) as { a: object; b: object[]; map: Map<object, object>; self: unknown };
  assert.is(copy.self, copy);
  assert.is(copy.a, copy.b[0]);
  assert.is(copy.map.get(copy.a), copy.a);
});

test('keeps the storage that two views share, but not the pool around a part', () => {
  const buffer = new ArrayBuffer(8);
  const value = { bytes: new Uint8Array(buffer), floats: new Float64Array(buffer), buffer, part: new Uint8Array(buffer, 2, 3) };
  value.bytes[2] = 7;
  const copy = roundTrip(value) as typeof value;
  assert.is(copy.bytes.buffer, copy.buffer);
  assert.is(copy.floats.buffer, copy.buffer);
  assert.equal([...copy.part], [7, 0, 0]);
  assert.is(copy.part.buffer.byteLength, 3);

  const pooled = Buffer.from('pooled');
  assert.ok(pooled.buffer.byteLength > pooled.length);
  assert.ok(bytesOf(pooled).length < 60);
  const back = roundTrip([pooled, new Uint16Array(pooled.buffer, 0, 2)]) as [Buffer, Uint16Array];
  assert.ok(Buffer.isBuffer(back[0]));
  assert.is(back[0].toString(), 'pooled');
  assert.is(back[1].buffer.byteLength, 4);
});

test('does not copy what it writes', () => {
  const big = new Uint8Array(1 << 20);
  const pieces = encode({ big }, { root: 'result', maxBytes: 2 ** 30 });
  assert.ok(pieces.some((piece) => piece.buffer === big.buffer && piece.length === big.length));
});

test('carries bytes of a SharedArrayBuffer through its views', () => {
  const view = new Uint8Array(new SharedArrayBuffer(3)).fill(5);
  assert.equal(roundTrip(view), new Uint8Array([5, 5, 5]));
});

test('carries BigInts of any size, and does not read long decimals', () => {
  for (const power of [998n, 999n, 1000n, 30_000n]) {
    for (const value of [10n ** power, -(10n ** power), 10n ** power - 1n, 1n - 10n ** power])
      assert.ok(roundTrip(value) === value);
  }
  refuses(forge(`[["BigInt","${'9'.repeat(1e6)}"]]`));
  refuses(forge('[["BigInt",1],"0xg"]'));
  refuses(forge('[["BigInt",1],5]'));
});

test('carries errors with class, cause, stack and properties', () => {
  const error = new RangeError('outer', { cause: new AggregateError([new SyntaxError('inner'), 5], 'many') });
  Object.assign(error, { code: 'ERR_X', errno: -2, syscall: 'open', path: '/x', details: { deep: [1n] } });
  const copy = roundTrip(error) as RangeError & { code: string; errno: number; details: unknown };
  assert.instance(copy, RangeError);
  assert.is(copy.message, 'outer');
  assert.is(copy.stack, error.stack);
  assert.equal(Object.keys(copy), ['code', 'errno', 'syscall', 'path', 'details']);
  assert.equal(copy.details, { deep: [1n] });
  const cause = copy.cause as AggregateError;
  assert.instance(cause, AggregateError);
  assert.instance(cause.errors[0], SyntaxError);
  assert.is(cause.errors[1], 5);
  assert.not.ok(Object.hasOwn(roundTrip(new Error('x')) as Error, 'cause'));
  assert.ok(Object.hasOwn(roundTrip(new Error('x', { cause: undefined })) as Error, 'cause'));
});

test('carries every class of error that JavaScript has, and others by name', () => {
  for (const Class of [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]) {
    const copy = roundTrip(new Class('m')) as Error;
    assert.is(Object.getPrototypeOf(copy), Class.prototype);
    assert.is(copy.name, Class.name);
  }
  class CustomError extends TypeError {
    override name = 'CustomError';
  }
  const custom = roundTrip(new CustomError('m')) as Error;
  assert.is(custom.name, 'CustomError');
  assert.instance(custom, Error);
  const aborted = roundTrip(new DOMException('stop', 'AbortError')) as Error;
  assert.is(aborted.name, 'AbortError');
  assert.is(aborted.message, 'stop');
  const foreign = roundTrip(runInNewContext('new TypeError("elsewhere")')) as Error;
  assert.instance(foreign, TypeError);
});

test('an error may contain itself', () => {
  const error = new Error('loop') as Error & { self?: unknown; list?: unknown };
  error.cause = error;
  error.self = error;
  error.list = [{ error }];
  const copy = roundTrip({ error }) as { error: typeof error };
  assert.is(copy.error.cause, copy.error);
  assert.is(copy.error.self, copy.error);
  assert.is((copy.error.list as { error: unknown }[])[0]?.error, copy.error);
});

test('leaves out of an error what cannot be carried', () => {
  const inner = Object.assign(new Error('inner'), { socket: { on() {} }, code: 'E' });
  const error = Object.assign(new Error('outer', { cause: () => {} }), { callback() {}, inner, ok: 1 });
  Object.defineProperty(error, 'trap', {
    enumerable: true,
    get() {
      throw new Error('trap');
    },
  });
  const copy = roundTrip(error) as typeof error;
  assert.equal(
    Object.keys(copy),
    ['inner', 'trap', 'ok'].filter((key) => key !== 'trap'),
  );
  assert.not.ok(Object.hasOwn(copy, 'cause'));
  assert.equal(Object.keys(copy.inner), ['code']);
});

test('errors within errors within errors take linear time', () => {
  let error = new Error('innermost');
  for (let depth = 0; depth < 60; depth += 1) error = Object.assign(new Error('e'), { a: { error }, b: [error] });
  let copy = roundTrip(error) as Error & { a?: { error: Error } };
  for (let depth = 0; depth < 60; depth += 1) copy = copy.a?.error as typeof copy;
  assert.is(copy.message, 'innermost');
});

class Foo {
  n = 1;
}

test('says what cannot be carried and where', () => {
  assert.is(refusal({ a: [1, 2, 3, { callback() {} }] }), 'result.a[3].callback is a function');
  assert.is(refusal(Foo), 'result is a function');
  assert.is(refusal([Symbol('s')]), 'result[0] is a symbol');
  assert.is(refusal(new Map([['k', new Foo()]])), 'result.get("k") is an instance of Foo');
  assert.is(refusal({ 'not a name': new WeakMap() }), 'result["not a name"] is an instance of WeakMap');
  assert.is(refusal({ later: Promise.resolve() }), 'result.later is a promise');
  assert.is(refusal({ [Symbol('s')]: 1 }), 'result has a symbol as a key');
  assert.is(refusal(JSON.parse('{"a":{"__proto__":1}}')), 'result.a has a property named `__proto__`');
  assert.is(refusal(new SharedArrayBuffer(1)), 'result is an instance of SharedArrayBuffer');
  assert.is(refusal(Object.create({ inherited: 1 })), 'result is not a plain object');
  const throwing = {
    get x() {
      throw new Error('boo');
    },
  };
  assert.is(refusal({ throwing }), 'result.throwing.x throws when read: boo');
  const trap = () => {
    throw new Error('trap');
  };
  assert.is(refusal([new Proxy({}, { ownKeys: trap })]), 'result[0] throws when read: trap');
  assert.is(refusal([new Proxy({}, { getPrototypeOf: trap })]), 'result[0] throws when read: trap');
});

test('is not taken in by Symbol.toStringTag', () => {
  assert.is(
    refusal(
      Object.create({
        get [Symbol.toStringTag]() {
          return 'Map';
        },
      }),
    ),
    'result is not a plain object',
  );
  class Fake {
    get [Symbol.toStringTag]() {
      return 'Date';
    }
  }
  assert.is(refusal(new Fake()), 'result is an instance of Fake');
});

test('is not taken in by what a pattern, a buffer or a list of errors says of itself', () => {
  const lie = {
    get() {
      throw new Error('lie');
    },
  };
  const getters = 'source flags hasIndices global ignoreCase multiline dotAll unicode unicodeSets sticky'.split(' ');
  const patterns = Object.entries({ 'a"b': 'dgimsuy', '[a--b]': 'v', c: '' }).map(([source, flags]) =>
    Object.defineProperties(new RegExp(source, flags), Object.fromEntries(getters.map((key) => [key, lie]))),
  );
  assert.equal((roundTrip(patterns) as RegExp[]).map(String), ['/a"b/dgimsuy', '/[a--b]/v', '/c/']);
  const numbers = Uint16Array.of(1, 2);
  Object.defineProperty(numbers.buffer, 'byteLength', lie);
  assert.equal(roundTrip(numbers), Uint16Array.of(1, 2));
  const all = new AggregateError([new Error('one'), () => {}, undefined, 2]);
  for (const key of [Symbol.iterator, 'filter', 'constructor']) Object.defineProperty(all.errors, key, lie);
  Object.defineProperty(all.errors, 3, lie);
  const [one, ...rest] = (roundTrip(all) as AggregateError).errors as [Error];
  assert.is(one.message, 'one');
  assert.equal(rest, [undefined, undefined]);
});

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}

test('carries a nesting of 1000 levels, and refuses more with its path', () => {
  for (const wrap of [
    (v: unknown) => [v],
    (v: unknown) => ({ v }),
    (v: unknown) => new Map([[1, v]]),
    (v: unknown) => new Set([v]),
  ]) {
    roundTrip(nested(1000, wrap));
    assert.match(refusal(nested(1001, wrap)), /is nested too deeply$/);
    assert.match(refusal(nested(100_000, wrap)), /is nested too deeply$/);
  }
  assert.match(refusal(nested(1001, (v) => [v])), /^result(\[0\]){1000} is nested too deeply$/);
  // What lies beside does not count.
  roundTrip(Array.from({ length: 3000 }, () => [[1]]));
  roundTrip(new Map(Array.from({ length: 3000 }, (_, n) => [n, { a: [n] }])));
});

test('refuses what is larger than it may be, with its size', () => {
  const size = bytesOf({ data: new Uint8Array(1000) }).length;
  encode({ data: new Uint8Array(1000) }, { root: 'result', maxBytes: size });
  const tooLarge = (error: unknown) => error instanceof TooLargeError && error.valueInBytes === size;
  assert.throws(() => encode({ data: new Uint8Array(1000) }, { root: 'result', maxBytes: size - 1 }), tooLarge);
  refuses(bytesOf('0123456789'), { maxBytes: 10 });
});

test('bytes that come in pieces are the same value, however they are cut', () => {
  const value = {
    text: 'abc',
    first: Buffer.alloc(5000, 'xyz'),
    empty: new Uint8Array(0),
    second: new Float64Array([1, 2, 3]),
  };
  const bytes = bytesOf(value);
  const lengths = fc.array(fc.oneof(fc.nat(3), fc.nat(3000)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(lengths, fc.nat(bytes.length), (cuts, missing) => {
      const pieces: Buffer[] = [];
      for (let at = 0, n = 0; at < bytes.length; n++) {
        const length = n > 500 ? bytes.length : (cuts[n % cuts.length] ?? 1);
        pieces.push(bytes.subarray(at, at + length));
        at += length;
      }
      same(decode(pieces), value);
      const last = Buffer.concat(pieces).subarray(0, bytes.length - missing);
      if (missing > 0) refuses(last);
    }),
    { numRuns: 200 },
  );
});

test('any bytes at all are a value or a DecodeError', () => {
  const decodeOrRefuse = (bytes: Uint8Array) => {
    try {
      decode([bytes]);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), decodeOrRefuse), { numRuns: 1000 });
  // Bytes that are well-formed as far as JSON goes, of what devalue's format is made of.
  const atom = fc.oneof(
    fc.integer({ min: -10, max: 12 }),
    fc.constantFrom<unknown>(
      2 ** 32 - 1,
      2 ** 32,
      1e300,
      0.5,
      null,
      true,
      '',
      'a',
      '__proto__',
      'constructor',
      'toString',
      'then',
    ),
    fc.constantFrom('Date', 'Set', 'Map', 'RegExp', 'Object', 'BigInt', 'null', 'Uint8Array', 'Float64Array', 'DataView'),
    fc.constantFrom('ArrayBuffer', 'Buffer', 'Error', 'URL', 'URLSearchParams', 'Temporal.Instant', 'AggregateError'),
  );
  const entry = fc.oneof(
    atom,
    fc.array(atom, { maxLength: 6 }),
    fc.dictionary(
      fc.constantFrom('a', '__proto__', 'name', 'message', 'stack', 'cause', 'errors', 'properties', 'toString'),
      atom,
    ),
  );
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (json) => {
      decodeOrRefuse(forge(JSON.stringify(json), [new Uint8Array(8), new Uint8Array(0)]));
    }),
    { numRuns: 5000 },
  );
  // Valid encodings with a byte changed, removed or added.
  fc.assert(
    fc.property(
      anything,
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 2 }),
      (value, where, byte, removed) => {
        const bytes = bytesOf(value);
        const at = where % bytes.length;
        decodeOrRefuse(Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at + removed)]));
      },
    ),
    { numRuns: 1000 },
  );
  assert.is(({} as { a?: unknown }).a, undefined);
});

test('refuses lengths that are not there', () => {
  refuses(Buffer.alloc(0));
  refuses(Buffer.from([0, 0, 0, 9, 0x31]));
  refuses(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  const valid = bytesOf(new Uint8Array(10));
  refuses(valid.subarray(0, -1));
  refuses(Buffer.concat([valid, Buffer.from([0])]));
  refuses(Buffer.concat([valid, Buffer.alloc(8, 0xff)]));
  refuses(forge('[["Uint8Array",1,0,99999999],["ArrayBuffer",2],1]', [new Uint8Array(4)]));
  refuses(forge('[["Uint8Array",99999999]]'));
  refuses(forge('[["ArrayBuffer",1],2]', [new Uint8Array(4)]));
  refuses(forge('[["ArrayBuffer","AAAA"]]'));
  const since = performance.now();
  refuses(forge('[["ArrayBuffer",1],[-7,4294967295]]'));
  refuses(forge('[["Buffer",1],["ArrayBuffer",2],[-7,4294967295]]'));
  assert.ok(performance.now() - since < 1000, `${performance.now() - since} ms`);
});

test('refuses nesting that recursion cannot follow', () => {
  const depth = 200_000;
  refuses(forge(`[${Array.from({ length: depth }, (_, n) => `[${n + 1}]`).join()},1]`));
  refuses(forge(`${'['.repeat(depth)}${']'.repeat(depth)}`));
  refuses(forge(`[${Array.from({ length: depth }, (_, n) => `["Error",${n + 1}]`).join()},1]`));
});

test('takes no memory for what is only declared', () => {
  const before = process.memoryUsage();
  const arrays = decode([
    forge(`[[${Array.from({ length: 100 }, (_, n) => n + 1)}]${',[-7,60000000,0,-1]'.repeat(100)}]`),
  ]) as unknown[][];
  assert.is(arrays[99]?.length, 60_000_000);
  assert.is((decode([forge('[[-7,4294967295]]')]) as unknown[]).length, 2 ** 32 - 1);
  // One binary that is named many times is there once.
  const many = 1000;
  const indices = Array.from({ length: many }, (_, n) => n + 1).join();
  const buffers = decode([
    forge(`[[${indices}]${`,["ArrayBuffer",${many + 1}]`.repeat(many)},1]`, [new Uint8Array(1 << 20)]),
  ]) as unknown[];
  assert.is(buffers[0], buffers[many - 1]);
  const after = process.memoryUsage();
  assert.ok(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers < 50e6);
});

test('refuses more objects than memory may hold', () => {
  refuses(forge(`[${' '.repeat(8 * 2 ** 20)}${'[],'.repeat(MAX_CONTAINERS)}1]`));
  // Brackets in texts are none.
  const brackets = '["\\'.repeat(3 * 2 ** 20);
  assert.is(roundTrip(brackets), brackets);
});

/** A list of `count` entries, each the `entry` of where it stands. */
function listOf(count: number, entry: (at: number) => string, ...after: readonly string[]): string {
  const indices = Array.from({ length: count }, (_, n) => n + 1);
  return `[[${indices.join()}],${[...indices.map(entry), ...after].join()}]`;
}

test('builds no BigInt for each of the entries that name its digits', () => {
  const many = 4000;
  const named = () => `["BigInt",${many + 1}]`;
  refuses(forge(listOf(many, named, `"0x${'f'.repeat(80_000)}"`)));
  assert.equal(decode([forge(listOf(2, () => '["BigInt",3]', '"0xff"'))]), [255n, 255n]);
});

test('copies no properties for each of the errors that name them', () => {
  const many = 300;
  const keys = Array.from({ length: many }, (_, n) => `"k${n}":-1`).join();
  const records = Array.from({ length: many }, () => `{"properties":${2 * many + 1}}`);
  const named = (at: number) => `["Error",${at + many}]`;
  refuses(forge(listOf(many, named, ...records, `{${keys}}`)));
  // What has a key for each of its bytes.
  for (const properties of ['["Uint8Array",3],["ArrayBuffer",4],1', '["Object",3],"text"', '[3,3],1']) {
    const error = decode([forge(`[["Error",1],{"properties":2},${properties}]`, [new Uint8Array(9)])]) as object;
    assert.equal(Object.keys(error), []);
  }
});

test('reads no pattern that V8 reads at thousands of times its length, and writes none', () => {
  const patterns: readonly (readonly [source: string, flags: string, most: number])[] = [
    ['\\W', 'iu', 2 ** 17],
    ['\\p{L}', 'u', 2496],
    ['\\P{Lu}', 'iu', 2473],
    ['\\p{RGI_Emoji}', 'v', 52],
  ];
  const more = 'x'.repeat(5000);
  for (const [source, flags, most] of patterns) {
    for (const pieces of [[most], [1, most - 1]]) {
      const value = pieces.map((times) => new RegExp(source.repeat(times), flags));
      const copy = roundTrip(value) as RegExp[];
      assert.is(copy.at(-1)?.source, value.at(-1)?.source);
      assert.match(refusal([...value, new RegExp(more)]), /^result\[\d\] is a regular expression too many, or too long$/);
      refuses(forge(`[[1,2],["RegExp",${JSON.stringify(source.repeat(most))},"${flags}"],["RegExp","${more}"]]`));
    }
  }
  // Without the flags they mean nothing.
  roundTrip(new RegExp('\\p{L}'.repeat(40_000)));
});

test('reads no more pairs of queries than memory may hold, and writes none', () => {
  roundTrip([new URLSearchParams('a&'.repeat(900_000)), new URLSearchParams('a=b&c=d')]);
  assert.match(
    refusal([1, 2].map(() => new URLSearchParams('a&'.repeat(600_000)))),
    'result[1] is one of queries with more than 1000000 pairs',
  );
  refuses(forge(`[["URLSearchParams","${'&'.repeat(1_000_001)}"]]`));
});

test('reads the URLs that there are, and no domain that would take minutes', () => {
  const long = 'a'.repeat(4096);
  for (const url of [
    ...['https://u:p%40@\u4f8b.example:8443/a%20b?c#d', 'http://[::1]:80/', `http://${long}/`, `ws://u@${long}`, 'ftp://1.2/'],
    ...[
      'file:///a/b',
      `file:///${long}${long}`,
      'file://host/a',
      'data:text/plain,a b',
      `mailto:${long}${long}`,
      'a:',
      'foo://A%b@c',
    ],
    ...['blob:http://a/b', 'javascript:alert(1)', 'urn:x:y', 'http://a?b', 'file:c:/x'],
  ]) {
    const { href } = new URL(url);
    assert.is((roundTrip(new URL(url)) as URL).href, href);
  }
  assert.match(refusal({ url: new URL(`http://a${long}/`) }), 'result.url is a URL whose host is longer than 4096 characters');
  const domain = Array.from({ length: 50_000 }, (_, n) => String.fromCodePoint(0x4e00 + (n % 20_000))).join('');
  const since = performance.now();
  for (const text of [
    ...[
      `http://${domain}/`,
      `http:${domain}/`,
      `http:///${domain}/`,
      `\thttp://${domain}/`,
      ` ht\ntp://${domain}/`,
      `HTTP://${domain}`,
    ],
    ...[
      `http:\\\\${domain}/`,
      `file://${domain}/`,
      `http://${encodeURI(domain)}/`,
      `http://a@${encodeURI(domain)}/`,
      `http://a${long}/`,
    ],
    ...[`http://a/\n${long}`, 'http:a', 'http://a', '', 'x'],
  ])
    refuses(forge(JSON.stringify([['URL', text]])));
  assert.ok(performance.now() - since < 1000, `${performance.now() - since} ms`);
});

test('prototypes stay as they are', () => {
  refuses(forge('[{"__proto__":1},{"polluted":2},true]'));
  refuses(forge('[["null","__proto__",1],{"polluted":2},true]'));
  refuses(forge('[["Error",1],{"name":2,"properties":3},"Error",{"__proto__":4},{"polluted":5},true]'));
  const own = decode([forge('[{"constructor":1,"toString":1,"__defineGetter__":1},"x"]')]) as object;
  assert.equal(Object.keys(own), ['constructor', 'toString', '__defineGetter__']);
  assert.is(({} as { polluted?: unknown }).polluted, undefined);
});

test('runs no setter of ours when it builds a hostile object', () => {
  let ran = false;
  Object.defineProperty(Object.prototype, 'nisherTrap', {
    configurable: true,
    set() {
      ran = true;
    },
  });
  try {
    assert.equal(Object.keys(decode([forge('[{"nisherTrap":1},5]')]) as object), ['nisherTrap']);
  } finally {
    delete (Object.prototype as { nisherTrap?: unknown }).nisherTrap;
  }
  assert.not.ok(ran);
});

test('an error from the wire shows nothing of the host', () => {
  const error = decode([forge('[["Error",1],{"name":2,"message":3},"Odd","m"]')]) as Error;
  assert.is(error.stack, 'Odd: m');
  assert.ok((new Error('x').stack ?? '').includes('wire-codec'), 'stack traces are on again');
  for (const record of [
    '5',
    '[2,2]',
    '"text"',
    '{"name":1,"message":1,"stack":1,"errors":1,"properties":1}',
    '{"properties":0}',
  ]) {
    try {
      assert.instance(decode([forge(`[["Error",1],${record},7]`)]), Error);
    } catch (thrown) {
      assert.instance(thrown, DecodeError);
    }
  }
});
