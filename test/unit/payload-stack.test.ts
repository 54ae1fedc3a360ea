import * as assert from 'uvu/assert';
import { makeStackMapper } from '../../src/payload/map-stack.js';
import { makeProject, type Project, run } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('mapStack');

const esm = '{ "type": "module" }';

/** The frames of an error thrown in the container, as the user sees them; the project's folder is left out. */
async function framesOf(project: Project, entry: string): Promise<string[]> {
  const payload = await project.pack(entry);
  const { stack } = await run(payload);
  project.remove();
  return payload
    .mapStack(stack ?? '')
    .replaceAll(`${project.at('')}/`, '')
    .split('\n')
    .map((line) => line.trim());
}

test('TypeScript: file, line and column of the source', async () => {
  const project = makeProject({
    'package.json': esm,
    'src/main.ts': `import { boom } from '@/deep/boom.js';\nenum E { A }\n\nexport default function main(): void {\n  boom(E.A);\n}\n`,
    'src/deep/boom.ts': `interface Long {\n  a: string;\n}\n\nexport const boom = (x: number): Long => {\n  throw new Error(\`x\${x}\`);\n};\n`,
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
  });
  const frames = await framesOf(project, 'src/main.ts');
  assert.equal(frames.slice(0, 3), ['Error: x0', 'at boom (src/deep/boom.ts:6:9)', 'at main (src/main.ts:5:3)']);
});

test('CommonJS and .tsx', async () => {
  const main = `const { b } = require('./b'), { boom } = require('@/boom'); module.exports = function main() { boom(b) }`;
  const boom = `\n\nimport type { X } from './x';\n  export function boom(x: number): X { throw new Error('x') }`;
  const project = makeProject({
    'package.json': '{}',
    'main.js': main,
    'b.ts': 'export const b = 1',
    'boom.tsx': boom,
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }',
  });
  const frames = await framesOf(project, 'main.js');
  assert.equal(frames.slice(1, 3), ['at boom (boom.tsx:4:46)', `at main (main.js:1:${main.indexOf('boom(b)') + 1})`]);
});

test('columns are right behind a specifier that became longer', async () => {
  const text = `export default async () => { const { f } = await import('@/f'); f(); };`;
  const project = makeProject({
    'package.json': esm,
    'main.js': text,
    'a/b/c/f.ts': `export const f = (): void => { throw new Error('x') }`,
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./a/b/c/*"] } } }',
  });
  const frames = await framesOf(project, 'main.js');
  const column = (source: string, part: string) => source.indexOf(part) + 1;
  assert.match(frames[1] ?? '', /^at f \(a\/b\/c\/f\.ts:1:\d+\)$/);
  assert.is(frames[2], `at default (main.js:1:${column(text, 'f();')})`);
});

test('packages, which are not compiled, are shown where they are installed', async () => {
  const project = makeProject({
    'package.json': esm,
    'main.ts': `import dep from 'dep'; export default () => dep()`,
    'node_modules/dep/index.js': `module.exports = function dep() { throw new Error('x') }`,
  });
  assert.is((await framesOf(project, 'main.ts'))[1], 'at dep (node_modules/dep/index.js:1:41)');
});

test('frames of the runner are left out, those of Node stay', () => {
  const mapStack = makeStackMapper(new Map(), (path) => `/home/me/${path}`);
  const stack = [
    'Error: open /nisher/x and /app/data.txt',
    '    at f (file:///app/a%20b.js:1:2)',
    '    at /app/c.cjs:3:4',
    '    at async Promise.all (index 0)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    '    at call (/nisher/runner.cjs:10:3)',
    '    at async file:///nisher/guest/index.mjs:1:1',
    '    at eval (eval at f (/app/a.js:5:6), <anonymous>:1:1)',
    '    at other (/srv/app/a.js:1:1)',
    '    at up (/app/../etc/a.js:1:1)',
    'file:///app/bad.js:7',
  ];
  assert.equal(mapStack(stack.join('\n')).split('\n'), [
    'Error: open /nisher/x and /app/data.txt',
    '    at f (/home/me/a b.js:1:2)',
    '    at /home/me/c.cjs:3:4',
    '    at async Promise.all (index 0)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    '    at eval (eval at f (/home/me/a.js:5:6), <anonymous>:1:1)',
    '    at other (/srv/app/a.js:1:1)',
    '    at up (/app/../etc/a.js:1:1)',
    '/home/me/bad.js:7',
  ]);
});

test('never throws, and takes little time for hostile stacks', async () => {
  const project = makeProject({ 'package.json': esm, 'main.ts': 'enum E { A }\nexport default () => E.A' });
  const { mapStack } = await project.pack('main.ts');
  project.remove();
  const pieces = fc.constantFrom(
    '/app/main.js:1:1',
    '/app/main.js',
    'file://',
    '/app/',
    ':',
    '1',
    '999999999',
    '\n',
    '    at ',
    ' (',
    ')',
    '%',
    '%2F',
    '..',
    '/nisher/',
    '\0',
    '\ud800',
  );
  let mapped = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 30 }).map((each) => each.join('')),
        fc.string(),
      ),
      (stack) => {
        const result = mapStack(stack);
        assert.type(result, 'string');
        if (result.includes('main.ts')) mapped++;
      },
    ),
    { numRuns: 2000, examples: [['at /app/main.js:1:1']] },
  );
  assert.ok(mapped > 10, `${mapped}`);
  for (const hostile of ['/app/', '/app/x:', 'file:///app/%', '    at /nisher/', ':1:1', '/app/a:1']) {
    for (const separator of ['', ' ', '\n']) {
      const startedAt = performance.now();
      assert.ok(mapStack(`${hostile}${separator}`.repeat(1_000_000)).length <= 1_000_000);
      const took = performance.now() - startedAt;
      assert.ok(took < 1000, `${hostile}: ${took} ms`);
    }
  }
});
