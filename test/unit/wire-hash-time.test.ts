import * as assert from 'uvu/assert';
import { DecodeError, decode } from '../../src/wire/codec.js';
import { createHashTime } from '../../src/wire/hash-time.js';
import { suite } from '../harness.js';

const { test } = suite('time for hashes');

/** The codec's form: the length of the text, and the text. */
function wire(text: string): Uint8Array[] {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, text.length);
  return [head, new TextEncoder().encode(text)];
}

test('insertions that take as long as they do elsewhere go on; numbers that take longer are refused, with their count', () => {
  let now = 0;
  const { insert } = createHashTime(() => now);
  for (let n = 0; n < 10_000; n++) insert(n, () => (now += 0.001));
  assert.throws(() => {
    for (let n = 0; n < 10_000; n++) insert(n, () => (now += 1));
  }, /take too long to build: 11013 numbers took 1023 ms/);
});

test('time between them, and what has a seeded hash, is not counted', () => {
  let now = 0;
  const { insert } = createHashTime(() => now);
  for (const key of ['text', null, {}, true]) insert(key, () => (now += 1e6));
  for (let n = 0; n < 100; n++) {
    now += 1e6;
    insert(BigInt(n), () => {});
  }
});

// V8 takes a BigInt's lowest 64 bits for its hash.
for (const [type, member] of [
  ['Set', (index: number) => `${index}`],
  ['Map', (index: number) => `${index},0`],
] as const) {
  test(`a ${type} of numbers with one hash holds nobody up`, () => {
    const numbers = Array.from({ length: 100_000 }, (_, n) => n);
    const members = numbers.map((n) => member(1 + 2 * n));
    const entries = numbers.map((n) => `["BigInt",${2 + 2 * n}],"0x${(n + 1).toString(16)}0000000000000000"`);
    const since = performance.now();
    assert.throws(
      () => decode(wire(`[["${type}",${members.join(',')}],${entries.join(',')}]`)),
      (error: unknown) => error instanceof DecodeError && /take too long/.test(`${error.message} ${String(error.cause)}`),
    );
    assert.ok(performance.now() - since < 8000, `${performance.now() - since} ms`);
  });
}
