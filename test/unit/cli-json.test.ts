import * as assert from 'uvu/assert';
import { formatJson, jsonText } from '../../src/outcome/json-text.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('a value as one line of JSON');

const table: [string, unknown, string][] = [
  ['undefined alone', undefined, 'null'],
  ['undefined in an object', { a: undefined, b: 1 }, '{"b":1}'],
  ['undefined in an array', [undefined, 1], '[null,1]'],
  ['holes', new Array(2), '[null,null]'],
  ['line breaks', 'a\nb', '"a\\nb"'],
  ['what moves a cursor', { '\u009b2J': '\u001b[2J\u007f' }, '{"\\u009b2J":"\\u001b[2J\\u007f"}'],
  [
    'NaN and the infinities',
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    '["NaN","Infinity","-Infinity"]',
  ],
  ['-0', -0, '-0'],
  ['BigInt', 2n ** 70n, '1180591620717411303424'],
  ['Map', new Map<unknown, unknown>([['a', 1]]), '[["a",1]]'],
  ['Set', new Set([1, 2]), '[1,2]'],
  ['Date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ['invalid Date', new Date(Number.NaN), 'null'],
  ['URL', new URL('https://a.example/b'), '"https://a.example/b"'],
  ['RegExp', /a+/g, '"/a+/g"'],
  ['typed array', new Float64Array([0.5, Number.NaN]), '[0.5,"NaN"]'],
  ['BigInt64Array', new BigInt64Array([1n]), '[1]'],
  ['Buffer', Buffer.from('hi'), '"aGk="'],
  ['ArrayBuffer', new Uint8Array([104, 105]).buffer, '"aGk="'],
  ['part of a buffer', new DataView(new Uint8Array([0, 104, 105]).buffer, 1), '"aGk="'],
  ['boxed', Object(1n), '1'],
  ['own __proto__', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ['the same object twice', (() => ((o) => [o, o])({ a: 1 }))(), '[{"a":1},{"a":1}]'],
];

for (const [name, value, json] of table) test(name, () => assert.is(formatJson(value), json));

test('an error, with its cause and its own properties', () => {
  const error = Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E' });
  const read = JSON.parse(formatJson(error));
  assert.equal([read.name, read.message, read.code, read.cause.message], ['TypeError', 'no', 'E', 'why']);
  assert.match(read.stack, 'TypeError: no');
});

test('a value that contains itself is refused, with the path', () => {
  const value: { list: unknown[] } = { list: [] };
  value.list.push(value);
  assert.throws(() => formatJson(value), /`result\.list\[0\]` refers back to `result`/);
});

test('a value that contains itself still has a line, in which the reference is marked', () => {
  const value: { list: unknown[] } = { list: [] };
  value.list.push(value, 1);
  const { pieces, problem } = jsonText(value);
  assert.is(pieces.join(''), '{"list":["[Circular]",1]}');
  assert.match(problem?.message ?? '', /refers back/);
  const error = new Error('mine');
  error.cause = error;
  assert.match(jsonText(error).pieces.join(''), /"cause":"\[Circular\]"/);
});

test('a value whose JSON is too long, or nested too deeply, is left out within seconds, and the line says so', () => {
  let shared: unknown = 'x'.repeat(100);
  for (let n = 0; n < 60; n++) shared = [shared, shared];
  const long = jsonText(shared, { maxLength: 2 ** 20 });
  assert.equal(long.pieces, ['"[Left out: its JSON has more than 1048576 characters]"']);
  assert.instance(long.problem, RangeError);
  let deep: unknown = 1;
  for (let n = 0; n < 1e6; n++) deep = [deep];
  assert.equal(jsonText(deep).pieces, ['"[Left out: its JSON is nested too deeply]"']);
});

test('a long value comes in pieces of some 64 KB', () => {
  const value = Array.from({ length: 100_000 }, (_, n) => n);
  const { pieces } = jsonText(value);
  assert.is(pieces.join(''), JSON.stringify(value));
  assert.ok(pieces.length > 5 && pieces.every((piece) => piece.length < 70_000), `${pieces.length}`);
});

test('typed arrays of a million integers are written as JSON.stringify writes an array', () => {
  for (const value of [new Uint8Array(1e6).fill(255), new Int32Array(20_000).fill(-1), new Uint8ClampedArray(3)]) {
    assert.is(formatJson(value), JSON.stringify([...value]));
  }
});

test('characters that turn text around, have no width, or end a line are escapes, in names too', () => {
  assert.is(
    formatJson({ 'a\u202e': '\u2066\u2028\u200b\ufeff\u{e0041}' }),
    '{"a\\u202e":"\\u2066\\u2028\\u200b\\ufeff\\udb40\\udc41"}',
  );
});

test('where a reader of JSON would lose digits, a BigInt can be a text', () => {
  assert.is(jsonText([1n, 2n ** 60n], { bigints: 'text' }).pieces.join(''), '[1,"1152921504606846976"]');
});

test('what JSON holds is written as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(JSON.parse(formatJson(value)), value);
      assert.not(formatJson(value).includes('\n'));
    }),
  );
});
