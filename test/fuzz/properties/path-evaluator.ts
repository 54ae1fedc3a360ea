import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { matchesText } from '../../../src/payload/files/glob.js';
import { knownText, patternOf } from '../../../src/payload/sources/pattern.js';
import { readShape } from '../../../src/payload/sources/shape.js';
import type { Fuzzed } from '../fuzzed.js';

const file = '/home/me/project/src/main.mjs';
const workingFolder = '/home/me/project';

/** Texts that paths are made of, and that are trouble in them. */
const text = fc.oneof(
  fc.constantFrom('a', 'b.txt', '..', '.', '../x', './y', 'a/b', '', '/', '/abs', 'sub/', 'a b', '%20', 'ü', '...', 'x.ts'),
  fc.string({ unit: fc.constantFrom('a', '.', '/', '-'), maxLength: 6 }),
);
const literal = text.map((each) => JSON.stringify(each));
/** What only running tells. */
const unknown = fc.constantFrom('name', 'name.toLowerCase()', 'other()');

const { expression } = fc.letrec<{ expression: string; path: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    literal,
    tie('path'),
    unknown,
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a} + ${b})`),
    fc.tuple(text, tie('expression')).map(([a, b]) => `\`${a.replace(/[`\\$]/g, '')}\${${b}}z\``),
  ),
  path: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('here.dirname', 'here.filename', 'cwd()'),
    fc
      .tuple(tie('path'), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([a, more]) => `path.join(${[a, ...more].join(', ')})`),
    fc.array(tie('expression'), { minLength: 1, maxLength: 3 }).map((all) => `path.resolve(${all.join(', ')})`),
    tie('path').map((a) => `path.dirname(${a})`),
    literal.map((a) => `fileURLToPath(new URL(${a}, here.url))`),
  ),
}));

/** What the expression is when it runs, where nothing but the evaluator's own functions is there. */
function run(code: string, name: string): unknown {
  const here = { dirname: path.dirname(file), filename: file, url: pathToFileURL(file).href };
  const resolve = (...all: string[]) => path.resolve(workingFolder, ...all);
  const context = { path: { ...path, resolve }, fileURLToPath, URL, here, cwd: () => workingFolder, name, other: () => name };
  try {
    return runInNewContext(code, context, { timeout: 1000 });
  } catch {
    return undefined;
  }
}

/** What the evaluator knows of an expression is true of each value that it can have. */
export const pathEvaluator: Fuzzed = {
  name: 'path-evaluator',
  quickRuns: 300,
  property: fc.asyncProperty(expression, fc.constantFrom('n', 'na/me', 'n.js', '..', '.'), async (code, name) => {
    const source = `import path from 'node:path'; import { fileURLToPath } from 'node:url'; import fs from 'node:fs';
      const at = ${code}; import(at); fs.readFileSync(${code});`
      .replaceAll('here.', 'import.meta.')
      .replaceAll('cwd()', 'process.cwd()');
    const shape = await readShape(source, 'module', { file, workingFolder });
    const value = run(code, name);
    // What throws names nothing.
    if (value === undefined) return true;
    const loaded = [...(shape?.references ?? []), ...(shape?.templates ?? [])].filter(
      (each) => !('isStatic' in each && each.isStatic),
    );
    for (const each of loaded) {
      // What is not known of path.resolve's arguments is taken to be relative; a folder of what is not known is not.
      if ('specifier' in each) assert.is(each.specifier, value, code);
      else if (typeof value === 'string' && !isDots(name) && !code.includes('path.resolve'))
        assertMatches(patternOf(each.pieces), value, code);
    }
    for (const { pieces } of shape?.paths ?? []) {
      const known = knownText(pieces);
      assert.ok(known === null || known.startsWith('/'), `${code}: ${known}`);
    }
    if (typeof value === 'string' && !/name|other/.test(code) && startsAtPlace(code)) {
      const paths = shape?.paths.map(({ pieces }) => knownText(pieces)) ?? [];
      assert.ok(
        paths.some((each) => each !== null && path.resolve(each) === path.resolve(workingFolder, value)),
        `${code} reads ${value}, got ${paths}`,
      );
    }
    return true;
  }),
};

/** Whether the expression begins with the module's place or the working folder: what it then reads is known. */
function startsAtPlace(code: string): boolean {
  return /^[(`"+ ]*(?:\$\{)?(?:path\.(?:join|dirname)\()*(?:here\.(?:dirname|filename)|cwd\(\))/.test(code);
}

/** What path.join takes out again: there is nothing then that an unknown part could stand for. */
function isDots(name: string): boolean {
  return name === '.' || name === '..';
}

function assertMatches(pattern: readonly (string | null)[], value: string, code: string): void {
  // An unknown part stands for one character at least; and a `.` in a path is not there any more.
  if (pattern.some((part) => part === null) && !matchesText(pattern, value)) {
    const normal = path.posix.normalize(pattern.map((part) => part ?? '\u0001').join(''));
    const relaxed = normal.split('\u0001');
    assert.ok(
      matchesText(
        relaxed.flatMap((part, index) => (index === 0 ? [part] : [null, part])),
        value,
      ) || value.length < normal.length,
      `${code}: ${JSON.stringify(pattern)} is not ${value}`,
    );
  }
}
