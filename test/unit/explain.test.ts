import * as assert from 'uvu/assert';
import { explain } from '../../src/call/explain.js';
import { factsOf } from '../../src/call/returned-value.js';
import { threwEvidence } from '../fuzz/properties/error-payload.js';
import { suite } from '../harness.js';

const { test } = suite('explain', { timeoutInS: 60 });

/** The message of a call that threw it. */
function messageFor(thrown: unknown): string {
  const { limits, used, evidence } = threwEvidence;
  const verdict = { exitStatus: 'AnythingException', reason: 'threw', signal: null, osErrno: null } as const;
  const told = { ...evidence, thrown: factsOf(thrown) };
  return explain(verdict, { evidence: told, limits, used, thrown, functionName: 'f', missingHint: null }).message;
}

/** Name → what was thrown, and what the message says of it. */
const table: Readonly<Record<string, readonly [thrown: unknown, says: string]>> = {
  'an error': [new RangeError('too much'), 'f threw RangeError: too much'],
  'a text': ['no', "f threw 'no'"],
  nothing: [undefined, 'f threw undefined'],
  'a BigInt': [-5n, 'f threw -5n'],
  'a list': [[1, 'a', 2n, null, { b: 1 }, [1]], "f threw [ 1, 'a', 2n, null, [Object], [Array] ]"],
  'a list with a hole': [Object.assign(new Array(3), { 0: 1, 2: 2 }), 'f threw [ 1, <1 empty item>, 2 ]'],
  'an object': [
    { code: 'E', at: new Date(0), more: new Map() },
    "f threw { code: 'E', at: 1970-01-01T00:00:00.000Z, more: [Map] }",
  ],
  'an object without a prototype': [Object.assign(Object.create(null), { a: 1 }), 'f threw { a: 1 }'],
  'boxed primitives': [Object(5n), 'f threw [BigInt: 5n]'],
  'a collection': [new Set([1]), 'f threw [Set]'],
};

for (const [name, [thrown, says]] of Object.entries(table)) {
  test(`${name} is told`, () => assert.is(messageFor(thrown), says));
}

const huge = 1n << 250_000_000n;
const stack = (name: string) => `Error\n${Array.from({ length: 100_000 }, (_, n) => `    at ${name} ${n}`).join('\n')}`;
const withStack = (name: string, cause?: unknown) => Object.assign(new Error('e', { cause }), { stack: stack(name) });
const holed: unknown[] = Array.from({ length: 3_000_000 }, (_, n) => n);
delete holed[0];

/** What inspect takes long for, or more memory than there is. */
const large: Readonly<Record<string, readonly [thrown: unknown, says: RegExp]>> = {
  'a BigInt': [huge, /^f threw \[BigInt of more than 1000 digits\]$/],
  'a negative BigInt': [-huge, /^f threw \[BigInt of more/],
  'a boxed BigInt': [Object(huge), /^f threw \[BigInt of more/],
  'a list of BigInts': [[huge, huge], /^f threw \[ \[BigInt of more/],
  'an object of BigInts': [{ a: huge }, /^f threw \{ a: \[BigInt of more/],
  'a map of BigInts': [new Map([[huge, huge]]), /^f threw \[Map\]$/],
  'a boxed string': [Object('x'.repeat(20_000_000)), /^f threw \[String: 'xxx/],
  'a long list': [Array.from({ length: 3_000_000 }, () => 'x'), /… 2999980 more items\s+\]$/],
  'a long list with a hole': [holed, /^f threw \[\s+<1 empty item>,.*… 2999980 more items\s+\]$/s],
  'many keys': [Object.fromEntries(Array.from({ length: 300_000 }, (_, n) => [`k${n}`, n])), /'…': 299980 \}$/],
  'a long query': [new URLSearchParams('a&'.repeat(900_000)), /^f threw \[URLSearchParams\]$/],
  'errors with long stacks': [{ a: withStack('a', withStack('b')) }, /^f threw \{ a: \[Error\] \}$/],
  'long texts': [Array.from({ length: 20 }, () => 'x'.repeat(10_000_000)), /^f threw \[.*…$/],
};

for (const [name, [thrown, says]] of Object.entries(large)) {
  test(`${name} as large as a result may be delays this program by less than a second`, () => {
    const since = performance.now();
    const message = messageFor(thrown);
    assert.ok(performance.now() - since < 1000, `${performance.now() - since} ms`);
    assert.match(message, says);
    assert.ok(message.length < 2500);
  });
}
