import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { parse, stringify } from 'devalue';
import * as assert from 'uvu/assert';
import { readPlain, writePlain } from '../../src/wire/plain-values.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('codec: plain values');

const primitive = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  fc.string({ unit: 'binary', maxLength: 1024 }).filter((text) => text.length <= 1024),
  fc.boolean(),
  fc.constant(null),
);
const plain = fc.oneof(primitive, fc.array(primitive, { maxLength: 16 }));

test('what is written is what devalue reads, and what devalue writes is what is read', () => {
  fc.assert(
    fc.property(plain, (value) => {
      const written = writePlain(value);
      assert.ok(written !== null);
      assert.ok(isDeepStrictEqual(parse(written), value), written);
      assert.ok(isDeepStrictEqual(readPlain(JSON.parse(stringify(value))), { value }), stringify(value));
      assert.ok(isDeepStrictEqual(readPlain(JSON.parse(written)), { value }), written);
    }),
  );
});

test('whatever is read is what devalue reads', () => {
  const index = fc.oneof(fc.integer({ min: -8, max: 4 }), fc.double({ min: -1, max: 4 }), fc.string(), fc.constant(null));
  const flat = fc.array(fc.oneof(primitive, fc.array(index), fc.dictionary(fc.string(), index)), { maxLength: 4 });
  fc.assert(
    fc.property(flat, (given) => {
      const text = JSON.stringify(given);
      const read = readPlain(JSON.parse(text));
      if (read !== null) assert.ok(isDeepStrictEqual(read.value, parse(text)), text);
    }),
    { numRuns: 2000, examples: [[[[1.5], 1]], [[[0], 1]], [[['Date', 1], 1]], [[[2], 1]]] },
  );
});

test('leaves to devalue what is not plain, and runs nothing of it', () => {
  let ran = false;
  const run = () => {
    ran = true;
    return 1;
  };
  const revoked = Proxy.revocable([1], {});
  revoked.revoke();
  const inherited = Object.create(null, { get: { value: run } }) as object;
  for (const value of [
    undefined,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    Symbol.iterator,
    run,
    {},
    [{}],
    [undefined],
    new Array(1),
    Object.defineProperty([], 0, { get: run }),
    Object.defineProperty([], 0, inherited),
    new Proxy([1], { get: run, getOwnPropertyDescriptor: () => void run() }),
    revoked.proxy,
    'a'.repeat(1025),
    new Array(17).fill(1),
    new String('a'),
  ]) {
    assert.is(writePlain(value), null);
  }
  assert.not(ran);
  assert.is(writePlain(runInNewContext('[1, "a"]')), '[[1,2],1,"a"]');
  assert.is(writePlain(Object.assign([1], { toJSON: run })), '[[1],1]');
  assert.not(ran);
});
