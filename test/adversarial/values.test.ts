import * as assert from 'uvu/assert';
import { encode } from '../../src/wire/codec.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';

const { cases } = hostileSuite('hostile values');
const refused = { exitStatus: 'PynisherError', exitCode: 0, phase: 'call' } as const;
const threw = { exitStatus: 'AnythingException', exitCode: 0, phase: 'call' } as const;

cases({
  'what holds itself comes back holding itself': {
    call: guest('values/holds-itself'),
    expected: { exitStatus: 0 },
    check({ result }) {
      type Knot = { all: Knot; list: unknown[]; map: Map<unknown, unknown>; set: Set<unknown> };
      const { all, list, map, set } = result as Knot;
      assert.ok(all === result && list[0] === all && list[1] === list);
      assert.ok(map.get(all) === list && map.get(map) === set && set.has(map));
    },
  },
  'arrays in 10^5 levels are refused': {
    call: () => Array.from({ length: 1e5 }).reduce((inner) => [inner], 1),
    expected: { ...refused, message: /result\[0\]\[0\].*cannot be carried|nested too deeply/ },
  },
  'objects in 10^5 levels are refused': {
    call: () => Array.from({ length: 1e5 }).reduce((inner) => ({ inner }), 1),
    expected: { ...refused, message: /nested too deeply/ },
  },
  'maps in 10^5 levels are refused': {
    call: () => Array.from({ length: 1e5 }).reduce((inner) => new Map([[inner, inner]]), 1),
    expected: { ...refused, message: /nested too deeply/ },
  },
  'errors caused by errors in 10^5 levels are refused': {
    call: () => Array.from({ length: 1e5 }).reduce((cause) => new Error('x', { cause }), 1),
    expected: { ...refused, message: /nested too deeply/ },
  },
  'a sparse array of 2^32 - 1 is made without filling it': {
    call: () => new Array(2 ** 32 - 1).length,
    expected: { exitStatus: 0, result: 2 ** 32 - 1 },
  },
  'a sparse array of 2^32 - 1 with one element comes back as it is': {
    call: () => Object.assign([], { [2 ** 32 - 2]: 'last' }),
    expected: { exitStatus: 0 },
    check({ result }) {
      const array = result as string[];
      assert.is(array.length, 2 ** 32 - 1);
      assert.equal(Object.keys(array), [String(2 ** 32 - 2)]);
    },
  },
  'an own __proto__ is refused': {
    call: () => JSON.parse('{"a":{"__proto__":1}}'),
    expected: { ...refused, message: /result\.a has a/ },
  },
  'an own __proto__ of an array does not come back': {
    call: () => Object.assign([1], { ['__proto__']: { polluted: true } }),
    expected: { exitStatus: 0, result: [1] },
    check: ({ result }) => assert.is(Object.getPrototypeOf(result), Array.prototype),
  },
  'an own __proto__ of a thrown error does not come back': {
    call: () => {
      throw Object.defineProperty(new Error('x'), '__proto__', { value: { polluted: true }, enumerable: true });
    },
    expected: threw,
    check: ({ error }) => assert.is(Object.getPrototypeOf(error?.cause), Error.prototype),
  },
  'a getter that throws undefined is named': {
    call: () => ({
      get a() {
        throw undefined;
      },
    }),
    expected: { ...refused, message: /result\.a throws when read/ },
  },
  'a getter that opens another for ever is refused': {
    call: guest('values/endless-getter'),
    expected: { ...refused, message: /nested too deeply/ },
  },
  'a getter that exits is an exit': {
    call: guest('values/getter-that-exits'),
    expected: { exitStatus: 'AnythingException', exitCode: 5, result: null },
  },
  'a getter that never returns is stopped': {
    limits: { wallTimeInS: 2 },
    call: guest('values/getter-that-never-returns'),
    expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' },
  },
  'a proxy is what it shows': { call: () => new Proxy({ a: 1 }, {}), expected: { exitStatus: 0, result: { a: 1 } } },
  'a revoked proxy is refused': {
    call: () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return [proxy];
    },
    expected: { ...refused, message: /result\[0\] throws when read/ },
  },
  'a proxy that lies is what it says when it is read': {
    call: guest('values/lying-proxy'),
    expected: { exitStatus: 0 },
    check({ result }) {
      assert.equal(Object.keys(result as object), ['a', 'b']);
      assert.match(JSON.stringify(result), /^\{"a":"a at look \d+","b":"b at look \d+"\}$/);
    },
  },
  'a proxy of an endless array is stopped': {
    limits: { wallTimeInS: 2, memInMb: 2048 },
    call: guest('values/endless-array-proxy'),
    expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' },
  },
  'a promise that never settles is told of': {
    call: () => new Promise(() => {}),
    expected: { ...threw, message: /never settles/ },
  },
  'a promise within the value is refused': {
    call: () => ({ a: [new Promise(() => {})] }),
    expected: { ...refused, message: /result\.a\[0\]/ },
  },
  'a thenable that settles three times settles once': {
    call: guest('values/settles-three-times'),
    expected: { exitStatus: 0, result: 1 },
  },
  'a thenable that never settles is told of': {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    call: () => ({ then() {} }),
    expected: { ...threw, message: /never settles/ },
  },
  'a thenable of itself is stopped': {
    limits: { wallTimeInS: 2 },
    call: guest('values/thenable-of-itself'),
    expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' },
  },
  'a then that throws is what the function threw': {
    call: guest('values/then-that-throws'),
    expected: { ...threw, message: /RangeError: no then for you/ },
  },
  'toJSON on every object is not asked': {
    call: () => {
      Object.assign(Object.prototype, { toJSON: () => 'lie' });
      return { a: [1] };
    },
    expected: { exitStatus: 0, result: { a: [1] } },
  },
  'an own toJSON is a function, which is refused': {
    call: () => ({ a: { toJSON: () => ({ a: 'lie' }) } }),
    expected: { ...refused, message: /result\.a\.toJSON is a function/ },
  },
  "a date's own toISOString is not asked": {
    call: () => Object.assign(new Date(0), { toISOString: () => 'lie', toJSON: () => 'lie', getTime: () => 1 }),
    expected: { exitStatus: 0, result: new Date(0) },
  },
  'a name tag does not make a map': {
    call: () => Object.defineProperty({ a: 1 }, Symbol.toStringTag, { value: 'Map' }),
    expected: { exitStatus: 0, result: { a: 1 } },
  },
  'what lies on the edge of the language comes back unchanged': {
    call: guest('values/unlike-anything'),
    expected: { exitStatus: 0 },
    check({ result }) {
      const { lonely, nul, minusZero, invalid, big, hole, nothing, keys } = result as { [name: string]: unknown };
      assert.equal([lonely, nul, big], ['\ud800', 'a\0b', -(2n ** 4096n)]);
      assert.ok(Object.is(minusZero, -0) && Number.isNaN((invalid as Date).getTime()));
      assert.equal([(hole as []).length, 0 in (hole as []), Object.getPrototypeOf(nothing)], [2, false, null]);
      assert.equal(Object.keys(keys as object), ['constructor', 'prototype', 'toString', 'valueOf', 'then', '']);
    },
  },
  'memory that was given away is refused': {
    call: () => {
      const bytes = new Uint8Array(8);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      return bytes;
    },
    expected: { ...refused, message: /result throws when read: .*detached/ },
  },
  'a string too long for JavaScript is an error of the function': {
    call: () => 'x'.repeat(2 ** 30),
    expected: { ...threw, message: /Invalid string length/ },
  },
  'more objects than one value may have are refused': {
    limits: { memInMb: 1024, wallTimeInS: 120, maxResultInMb: 1000 },
    call: () => Array.from({ length: 2e6 }, () => []),
    expected: { ...refused, message: /more than 2000000 objects/ },
  },
  'a revoked proxy thrown is told of': {
    call: () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      throw proxy;
    },
    expected: threw,
  },
  'undefined thrown is told of': {
    call: () => {
      throw undefined;
    },
    expected: { ...threw, message: /threw undefined/ },
  },
  '300,000 keys thrown make a short message': {
    limits: { memInMb: 1024, wallTimeInS: 120 },
    call: () => {
      throw Object.fromEntries(Array.from({ length: 3e5 }, (_, n) => [`k${n}`, n]));
    },
    expected: { ...threw, message: /^.{20,3000}$/ },
  },
  'errors in errors, eight times each, are written once each': {
    call: guest('values/errors-in-errors'),
    expected: { ...threw, message: /AggregateError: level 9/ },
  },
  'an error of which nothing can be read is told of': { call: guest('values/unreadable-error'), expected: threw },
  'an error that claims to be a verdict is what the function threw': {
    call: guest('values/error-that-claims'),
    args: ['TimeoutException'],
    expected: { ...threw, result: null, message: /TimeoutException: Wall time reached/ },
    check: ({ error }) => assert.is(error?.code, 'ERR_ANYTHING'),
  },
});

const sizeOf = (value: unknown) =>
  encode(value, { root: 'result', maxBytes: Number.POSITIVE_INFINITY }).reduce((sum, piece) => sum + piece.length, 0);
const length = 2 ** 20 - sizeOf('');
const repeat = (n: number) => 'x'.repeat(n);

cases({
  'a result just at the cap comes back': {
    limits: { maxResultInMb: 1 },
    call: repeat,
    args: [length],
    expected: { exitStatus: 0, result: repeat(length) },
  },
  'a result one byte beyond the cap is refused': {
    limits: { maxResultInMb: 1 },
    call: repeat,
    args: [length + 1],
    expected: { ...refused, message: /maxResultInMb is 1\b/ },
  },
});
