/** Which paths packing works out from the text of a module. Takes 0.3 s. */
import * as assert from 'uvu/assert';
import { patternOf } from '../../src/payload/sources/pattern.js';
import { readShape } from '../../src/payload/sources/shape.js';
import { suite } from '../harness.js';

const { test } = suite('paths in code');
const place = { file: '/p/src/main.js', workingFolder: '/p' };

/** The module and its folder, which are on the way to many a path. */
const places = ['/p/src/main.js', '/p/src'];

/** `*` stands for an unknown part. */
async function pathsOf(code: string, sourceType: 'module' | 'script' = 'module'): Promise<string[]> {
  const shape = await readShape(code, sourceType, place);
  return (shape?.paths ?? []).map(({ pieces }) =>
    patternOf(pieces)
      .map((part) => part ?? '*')
      .join(''),
  );
}

/** A template whose `{x}` is an expression. */
function template(text: string): string {
  return `\`${text.replaceAll('{', '$' + '{')}\``;
}

const esm: readonly [code: string, paths: readonly string[]][] = [
  ["new URL('./x.txt', import.meta.url)", ['/p/src/x.txt']],
  ["new URL('../x%20y.txt?q#h', import.meta.url)", ['/p/x y.txt']],
  ["new URL('x', new URL('../data/', import.meta.url))", ['/p/data/x']],
  ["new URL('https://example.org/x', import.meta.url)", []],
  ["new URL('./' + name + '.txt', import.meta.url)", ['/p/src/*.txt']],
  ["import path from 'node:path'; path.join(import.meta.dirname, 'a', '..', 'b.txt')", ['/p/src/b.txt']],
  ["import { join as j } from 'path'; j(import.meta.dirname, name, 'b.txt')", ['/p/src/*/b.txt']],
  ["import * as p from 'node:path'; p.posix.resolve(import.meta.filename, '..', 'x')", ['/p/src/x']],
  ["import { resolve } from 'node:path'; resolve('data', 'x')", ['/p/data/x']],
  ["import { cwd } from 'node:process'; cwd() + '/data/x'", ['/p/data/x']],
  [template('{process.cwd()}/data/{name}.json'), ['/p/data/*.json']],
  [template('{import.meta.dirname}/x'), ['/p/src/x']],
  ["import { readFileSync } from 'node:fs'; readFileSync('data/x.txt')", ['/p/data/x.txt']],
  ["import fs from 'fs'; fs.promises.readFile('x')", ['/p/x']],
  ["import { open } from 'node:fs/promises'; open('x')", ['/p/x']],
  ["const file = 'data/x'; import { createReadStream } from 'node:fs'; createReadStream(file)", ['/p/data/x']],
  [
    "import { dirname } from 'node:path'; import { fileURLToPath } from 'node:url'; const here = dirname(fileURLToPath(import.meta.url)); here + '/x'",
    ['/p/src/x'],
  ],
  ["import { Worker } from 'node:worker_threads'; new Worker('./w.js')", ['/p/w.js']],
  ["import { fork } from 'node:child_process'; fork('w.js')", ['/p/w.js']],
  ["process.getBuiltinModule('node:fs').readFileSync('x')", ['/p/x']],
  ["const fs = await import('node:fs'); fs.readFileSync('x')", ['/p/x']],
  // What running would tell, or what is not a file's path.
  ["let file = 'x'; file = other(); import fs from 'node:fs'; fs.readFileSync(file)", []],
  ["const fs = { readFileSync() {} }; fs.readFileSync('x')", []],
  ["const path = { join: () => '/etc/passwd' }; path.join(import.meta.dirname, 'x')", []],
  ["console.log('data/x.txt')", []],
  ["import fs from 'node:fs'; fs.writeFileSync('out.txt', 'x')", []],
  ["import fs from 'node:fs'; const a = a + 'x'; fs.readFileSync(a)", []],
];
for (const [code, paths] of esm) {
  test(code, async () =>
    assert.equal([...new Set(await pathsOf(code))].filter((path) => !places.includes(path)).sort(), [...paths].sort()),
  );
}

const commonJs: readonly [code: string, paths: readonly string[]][] = [
  ["require('fs').readFileSync(__dirname + '/x')", ['/p/src/x']],
  ["const { join } = require('node:path'); join(__dirname, 'a', n + '.x')", ['/p/src/a/*.x']],
  ["const path_1 = __importDefault(require('path')); path_1.default.join(__dirname, 'x')", ['/p/src/x']],
  ["const fs_1 = require('fs'); (0, fs_1.readFileSync)('x')", ['/p/x']],
  ["function f(__dirname) { return __dirname + '/x'; }", []],
];
for (const [code, paths] of commonJs) {
  test(code, async () =>
    assert.equal(
      (await pathsOf(code, 'script')).filter((path) => path !== '/p/src'),
      paths,
    ),
  );
}

test('what cannot be known ends: a constant of itself, and sums without end', async () => {
  const doubling = Array.from({ length: 40 }, (_, index) => `const a${index + 1} = a${index} + a${index};`).join('\n');
  const since = performance.now();
  await pathsOf(`const a0 = 'xxxxxxxx';\n${doubling}\nimport(a40);\nconst b = c, c = b; import(b);`);
  assert.ok(performance.now() - since < 1000);
});

test('where the working folder is outside of the root, nothing is relative to it', async () => {
  const code = "import fs from 'node:fs'; fs.readFileSync('x'); process.cwd() + '/y'";
  const shape = await readShape(code, 'module', { ...place, workingFolder: null });
  assert.equal(shape?.paths, []);
});
