import * as assert from 'uvu/assert';
import { formatJson } from '../../src/cli/format-json.js';
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

test('what JSON holds is written as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(JSON.parse(formatJson(value)), value);
      assert.not(formatJson(value).includes('\n'));
    }),
  );
});
