/** Takes 0.1 s. */
import * as assert from 'uvu/assert';
import { makeGlob, matchesText, type TextPattern } from '../../src/payload/files/glob.js';
import { suite } from '../harness.js';

const { test } = suite('globs');

const globs: readonly [pattern: string, matches: readonly string[], not: readonly string[]][] = [
  ['data/*.txt', ['data/a.txt', 'data/x.txt'], ['data/a/b.txt', 'data/a.json', 'a.txt', 'data/.a.txt']],
  ['data/**', ['data/a', 'data/a/b/c.txt'], ['data2/a', 'data/.git/x']],
  ['**/*.json', ['a.json', 'a/b/c.json'], ['a/.b/c.json', 'a.jsonc']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/x', 'ab']],
  ['{a,b}/*.{ts,js}', ['a/x.ts', 'b/x.js'], ['c/x.ts', 'a/x.mjs']],
  ['a{,.min}.js', ['a.js', 'a.min.js'], ['a..js']],
  ['?.txt', ['a.txt', 'ü.txt', '😀.txt'], ['ab.txt', '.txt']],
  ['app/[id]/*.json', ['app/[id]/a.json'], ['app/i/a.json']],
  ['./data/x', ['data/x'], ['x']],
  ['.config/*', ['.config/a'], ['.config/.a']],
  ['*', ['a'], ['a/b']],
];
for (const [pattern, matches, not] of globs) {
  test(`\`${pattern}\` matches ${matches.join(', ')}, and not ${not.join(', ')}`, () => {
    const glob = makeGlob(pattern);
    assert.equal(
      matches.filter((path) => !glob.matches(path)),
      [],
    );
    assert.equal(
      not.filter((path) => glob.matches(path)),
      [],
    );
  });
}

test('the folder that a glob looks in is as deep as its text says', () => {
  const bases = ['data/*.txt', 'a/b/c.txt', '**/*.js', 'a/{b,c}/d', '{a,b}/c'].map((pattern) => makeGlob(pattern).base);
  assert.equal(bases, ['data', 'a/b', '', 'a', '']);
});

test('a glob with too many alternatives is refused', () => {
  assert.throws(() => makeGlob('{a,b}'.repeat(10)), /at most 100 alternatives/);
});

const texts: readonly [pattern: TextPattern, matches: readonly string[], not: readonly string[]][] = [
  [
    ['./p/', null, '.js'],
    ['./p/a.js', './p/a/b.js'],
    ['./p/.js', './q/a.js', './p/a.ts'],
  ],
  [
    [null, '-', null],
    ['a-b', 'a-b-c'],
    ['-b', 'a-', 'a'],
  ],
  [[null, null, '.x'], ['a.x'], ['.x']],
  [['a'], ['a'], ['', 'aa']],
  [[null], ['a'], ['']],
];
for (const [pattern, matches, not] of texts) {
  test(`the text ${JSON.stringify(pattern)} can be ${matches.join(', ')}, and not ${not.join(', ')}`, () => {
    assert.equal(
      matches.filter((each) => !matchesText(pattern, each)),
      [],
    );
    assert.equal(
      not.filter((each) => matchesText(pattern, each)),
      [],
    );
  });
}

test('a name that would make a regular expression backtrack takes no time', () => {
  const since = performance.now();
  const name = 'a'.repeat(4000);
  assert.not.ok(matchesText([...'aaaaaaaa'].flatMap((each) => [each, null]).concat('b'), name));
  assert.not.ok(makeGlob(`${'*a'.repeat(30)}b`).matches(name));
  assert.not.ok(makeGlob(`${'**/a/'.repeat(30)}b`).matches('a/'.repeat(1000)));
  assert.ok(performance.now() - since < 1000, `${performance.now() - since} ms`);
});
