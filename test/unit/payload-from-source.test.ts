/** Takes 0.1 s. */
import * as assert from 'uvu/assert';
import { fromSource, type SourceOptions } from '../../src/targets/from-source.js';
import type { SourceFunction } from '../../src/targets/target.js';
import { suite } from '../harness.js';

const { test } = suite('fromSource');

test('a text is TypeScript unless its language says otherwise', () => {
  const entries = ([undefined, 'ts', 'js', 'cjs'] as const).map((language) => fromSource('x', { language: language ?? null }));
  assert.equal(
    entries.map(({ entry, files }) => [entry, { ...files }]),
    [
      ['main.ts', { 'main.ts': 'x' }],
      ['main.ts', { 'main.ts': 'x' }],
      ['main.js', { 'main.js': 'x' }],
      ['main.cjs', { 'main.cjs': 'x' }],
    ],
  );
});

test('the first of several texts is the entry, unless one is named', () => {
  const texts = { 'a.ts': '1', 'b/c.js': '2' };
  assert.is(fromSource(texts).entry, 'a.ts');
  assert.is(fromSource(texts, { entry: 'b/c.js' }).entry, 'b/c.js');
});

test('the type is that of the function', () => {
  const target: SourceFunction<(n: number) => number> = fromSource<(n: number) => number>('export default (n) => n');
  assert.is(target.kind, 'source');
});

test('what the caller changes afterwards changes nothing', () => {
  const texts = { 'main.ts': 'one' };
  const packages = ['a'];
  const target = fromSource(texts, { packages });
  texts['main.ts'] = 'two';
  packages.push('b');
  assert.equal([target.files['main.ts'], target.packages], ['one', ['a']]);
  assert.throws(() => Object.assign(target.files, { x: '' }), TypeError);
});

const wrong: readonly [source: unknown, options: unknown, message: RegExp][] = [
  [undefined, {}, /`source` to be a text, or an object of texts by path, got undefined/],
  [7, {}, /`source`.*got `7` \(number\)/],
  [['x'], {}, /`source`/],
  [{}, {}, /at least one text/],
  [{ '../x.ts': '' }, {}, /relative, without `\.\.`, got `'\.\.\/x\.ts'`/],
  [{ '/x.ts': '' }, {}, /got `'\/x\.ts'`/],
  [{ 'a/../../x.ts': '' }, {}, /got `'a\/\.\.\/\.\.\/x\.ts'`/],
  [{ './x.ts': '' }, {}, /got `'\.\/x\.ts'`/],
  [{ 'a\0.ts': '' }, {}, /without/],
  [{ 'a.ts': 7 }, {}, /source\['a\.ts'\]` to be a text/],
  ['x'.repeat(2 ** 20 + 1), {}, /1048576|1 MB/],
  ['x', { entry: 'other.ts' }, /entry/],
  ['x', { language: 'python' }, /language/],
  ['x', { exportName: '' }, /exportName/],
  ['x', { packages: 'lodash' }, /packages/],
  ['x', { packages: ['../x'] }, /packages/],
  ['x', { packages: ['!x'] }, /packages/],
  ['x', { resolveFrom: 'relative' }, /resolveFrom/],
  ['x', { include: ['*'] }, /`root`/],
  ['x', { include: ['../*'], root: '/' }, /include/],
  ['x', { packTimeInS: 0 }, /packTimeInS/],
  ['x', { packTimeInS: Number.NaN }, /packTimeInS/],
  ['x', { exportname: 'f' }, /exportname.*exportName/],
  ['x', null, /fromSource/],
];
for (const [source, options, message] of wrong) {
  test(`refuses ${JSON.stringify(source)?.slice(0, 40)} with ${JSON.stringify(options)}`, () => {
    assert.throws(
      () => fromSource(source as string, options as SourceOptions),
      (error: unknown) => (error instanceof TypeError || error instanceof RangeError) && message.test(error.message),
    );
  });
}
