import * as assert from 'uvu/assert';
import { type Files, list, makeProject, run } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';

const { test } = suite('pack: modules');

const esm = '{ "type": "module" }';

/** What `default` of `entry` returns when it is packed, unpacked elsewhere and called; it must not write to stderr. */
async function call(files: Files, entry: string, exportName?: string): Promise<unknown> {
  const project = makeProject(files);
  try {
    const { value, stack, stderr } = await run(await project.pack(entry, exportName));
    assert.is(stack, undefined);
    assert.is(stderr, '');
    return value;
  } finally {
    project.remove();
  }
}

test('TypeScript: enums, namespaces, parameter properties, types that vanish', async () => {
  const main = `
    import type { Nothing } from './types.js';
    import { Unused, kind, type Also } from './types.js';
    import 'reflect-types-only';
    enum Color { Red = 3, Blue }
    namespace Space { export const deep = 1 }
    class Point { constructor(readonly x: number) {} }
    export default (): unknown => [Color.Blue, Color[3], Space.deep, new Point(2).x, kind satisfies Also, null as Nothing];`;
  const files = {
    'package.json': esm,
    'main.ts': main.replace("import 'reflect-types-only';", ''),
    'types.ts': `export type Nothing = null; export interface Unused {} export type Also = string; export const kind = 'k';`,
  };
  assert.equal(await call(files, 'main.ts'), [4, 'Red', 1, 2, 'k', null]);
});

test('TypeScript: decorators as tsconfig.json says', async () => {
  const legacy = `function add(target: any, key: string) { target.added = key }
    class A { @add method() {} } export default () => (new A() as any).added;`;
  const standard = `function twice(f: (x: number) => number, context: { kind: string }) { return (x: number) => f(x) * 2 }
    class A { @twice method(x: number) { return x } } export default () => new A().method(2);`;
  const config = '{ "compilerOptions": { "experimentalDecorators": true /* and a comment */ } }';
  assert.is(await call({ 'package.json': esm, 'tsconfig.json': config, 'main.ts': legacy }, 'main.ts'), 'method');
  assert.is(await call({ 'package.json': esm, 'tsconfig.json': '{}', 'main.ts': standard }, 'main.ts'), 4);
});

test("aliases of tsconfig.json, of package.json, and the package's own name", async () => {
  const files = {
    'package.json':
      '{ "name": "my-app", "type": "module", "exports": { "./own": "./src/own.ts" }, "imports": { "#in": "./src/in.ts" } }',
    'base.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
    'tsconfig.json': '{ "extends": "./base.json" }',
    'src/deep/main.ts': `import { a } from '@/a'; import { i } from '#in'; import { o } from 'my-app/own';
      export default async () => [a, i, o, (await import('@/a')).a]`,
    'src/a.ts': `export const a = 1`,
    'src/in.ts': `export const i = 2`,
    'src/own.ts': `export const o = 3`,
  };
  assert.equal(await call(files, 'src/deep/main.ts'), [1, 2, 3, 1]);
});

test('imports without extension, of folders, and .js for .ts', async () => {
  const files = {
    'package.json': esm,
    'main.ts': `import { a } from './a'; import { b } from './folder'; import { c } from './c.js'; import { d } from './d.mjs';
      import { e } from './e.ts'; import { f } from './f.jsx'; export default () => [a, b, c, d, e, f]`,
    'a.ts': 'export const a = 1',
    'folder/index.ts': 'export const b = 2',
    'c.ts': 'export const c = 3',
    'd.mts': 'export const d = 4',
    'e.ts': 'export const e = 5',
    'f.tsx': 'export const f: number = 6',
  };
  assert.equal(await call(files, 'main.ts'), [1, 2, 3, 4, 5, 6]);
});

test('a TypeScript file beside the JavaScript of the same name', async () => {
  const files = {
    'package.json': esm,
    'main.mjs': `import { x } from './a.js'; import { y } from './a.ts'; export default () => [x, y]`,
    'a.js': `export const x = 'js'`,
    'a.ts': `export const y: string = 'ts'`,
  };
  assert.equal(await call(files, 'main.mjs'), ['js', 'ts']);
});

test('JSON: default and named imports, with and without attributes, require', async () => {
  const files = {
    'package.json': '{ "type": "module", "version": "1.2.3" }',
    'main.ts': `import data from './data.json'; import same from './data.json' with { type: 'json' };
      import { version } from './package.json'; import common from './common.cjs';
      export default async () => [data.a, same === data, version, common,
        (await import('./data.json', { with: { type: 'json' } })).default === data]`,
    'data.json': '{ "a": [1] }',
    'common.cjs': `module.exports = require('./data.json').a`,
  };
  assert.equal(await call(files, 'main.ts'), [[1], true, '1.2.3', [1], true]);
});

test('CommonJS stays CommonJS: JavaScript and TypeScript', async () => {
  const files = {
    'package.json': '{ "type": "commonjs" }',
    'main.js': `const b = require('./b'), c = require('./c');
      exports.named = () => [b.name, c.default, typeof __dirname, require.main === undefined, module.exports === exports]`,
    'b.ts': `import { basename } from 'node:path'; export const name = basename(__filename);`,
    'c.cts': `export default 'c'`,
  };
  assert.equal(await call(files, 'main.js', 'named'), ['b.js', 'c', 'string', true, true]);
  assert.is(await call({ 'main.cjs': `module.exports = () => 'whole'` }, 'main.cjs'), 'whole');
});

test('import and export in a "commonjs" package become CommonJS', async () => {
  const files = {
    'package.json': '{ "type": "commonjs" }',
    'main.ts': `import { x } from './x'; export function named() { return [x, typeof require, import.meta.url.slice(0, 8)] }`,
    'x.ts': 'export const x: number = 1',
  };
  assert.equal(await call(files, 'main.ts', 'named'), [1, 'function', 'file:///']);
});

test('without "type", import and export make an ES module, and Node does not warn', async () => {
  for (const manifest of [{}, { 'package.json': '{ "name": "typeless" }' }]) {
    const files = { ...manifest, 'main.ts': `import { x } from './x'; export default () => [x, import.meta.url.slice(0, 8)]` };
    assert.equal(await call({ ...files, 'x.ts': 'export const x = 1' }, 'main.ts'), [1, 'file:///']);
  }
});

test('without "type", TypeScript that uses __dirname becomes CommonJS', async () => {
  const files = {
    'package.json': '{}',
    'main.ts': `import { readFileSync } from 'fs'; import { join } from 'path';
      export const read = () => readFileSync(join(__dirname, 'data.txt'), 'utf8')`,
    'data.txt': 'data',
  };
  assert.is(await call(files, 'main.ts', 'read'), 'data');
});

test('one instance of a module, circular imports, and no file merged into another', async () => {
  const files = {
    'package.json': esm,
    'main.ts': `import { a } from './a.js'; import { b } from './b.js'; import { count } from './state.js';
      export const self = 'main'; export default () => [a(), b(), count]`,
    'a.ts': `import { b } from './b.js'; import { bump } from './state.js'; bump(); export const a = () => 'a' + b.name`,
    'b.ts': `import { a } from './a.js'; import { bump } from './state.js'; bump(); export const b = () => 'b' + a.name`,
    'state.ts': 'export let count = 0; export const bump = () => { count++ }',
  };
  assert.equal(await call(files, 'main.ts'), ['ab', 'ba', 2]);
  const project = makeProject(files);
  assert.equal(await list(await project.pack('main.ts')), ['a.js', 'b.js', 'main.js', 'package.json', 'state.js']);
  project.remove();
});

test('JavaScript goes in as it was written', async () => {
  const text = `#!/usr/bin/env node\n/* a comment */ export default function f ( ) { return f.toString( ) }\n`;
  assert.is(await call({ 'main.mjs': text }, 'main.mjs'), 'function f ( ) { return f.toString( ) }');
});

test('assets by import.meta.url, import.meta.dirname and __dirname, also above the folder of the module', async () => {
  const files = {
    'package.json': esm,
    'src/main.ts': `import { readFileSync } from 'node:fs'; import { join } from 'node:path'; import { read } from './read.cjs';
      const text = (at: URL | string) => readFileSync(at, 'utf8');
      export default () => [text(new URL('./a.txt', import.meta.url)), text(new URL('../data/b.txt', import.meta.url)),
        text(join(import.meta.dirname, '..', 'data', 'c.txt')), read('d'), text(new URL('./source.ts', import.meta.url))]`,
    'src/a.txt': 'A',
    'src/source.ts': 'this does not { compile',
    'data/b.txt': 'B',
    'data/c.txt': 'C',
    'src/read.cjs': `exports.read = (name) => require('fs').readFileSync(require('path').join(__dirname, 'many', name + '.txt'), 'utf8')`,
    'src/many/d.txt': 'D',
  };
  assert.equal(await call(files, 'src/main.ts'), ['A', 'B', 'C', 'D', 'this does not { compile']);
});

test('dynamic imports: a literal, and a template over a folder', async () => {
  const files = {
    'package.json': esm,
    'main.ts': `export default async () => [(await import('./one')).default,
      ...await Promise.all(['a', 'b'].map(async (name) => (await import(\`./plugins/\${name}.js\`)).default)),
      (await import(\`./plugins/\${'a'}.ts\`)).default]`,
    'one.ts': 'export default 1',
    'plugins/a.ts': `import { x } from '../x'; export default x`,
    'plugins/b.js': `export default 'b'`,
    'x.ts': `export const x = 'a' as string`,
  };
  assert.equal(await call(files, 'main.ts'), [1, 'a', 'b', 'a']);
});

test('worker threads and child processes from TypeScript', async () => {
  const files = {
    'package.json': esm,
    'main.ts': `import { Worker } from 'node:worker_threads'; import { once } from 'node:events'; import { fork } from 'node:child_process';
      import { join } from 'node:path';
      const answer = async (worker: Worker) => (await once(worker, 'message'))[0];
      export default async () => [
        await answer(new Worker(new URL('./worker.ts', import.meta.url))),
        await answer(new Worker(new URL('./worker.js', import.meta.url))),
        (await once(fork(join(import.meta.dirname, 'child.mjs')), 'message'))[0] ]`,
    'worker.ts': `import { parentPort } from 'node:worker_threads'; import { x } from './x'; parentPort!.postMessage(x)`,
    'child.mjs': `import { x } from './x.ts'; process.send(x); process.disconnect()`,
    'x.ts': 'enum E { X = 9 } export const x = E.X',
  };
  assert.equal(await call(files, 'main.ts'), [9, 9, 9]);
});

test("require of an ES module's own making", async () => {
  const files = {
    'package.json': esm,
    'main.ts': `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
      export default () => [require('./x.cjs').x, require('./data.json').d, require.resolve('./x.cjs').endsWith('x.cjs')]`,
    'x.cts': 'export const x: number = 1',
    'data.json': '{ "d": 2 }',
  };
  assert.equal(await call(files, 'main.ts'), [1, 2, true]);
});

test('wasm', async () => {
  // (module (func (export "f") (result i32) i32.const 42))
  const wasm = Buffer.from('0061736d010000000105016000017f030201000705010166000' + '00a06010400412a0b', 'hex');
  const files = {
    'package.json': esm,
    'main.ts': `import { readFile } from 'node:fs/promises';
      export default async () => {
        const { instance } = await WebAssembly.instantiate(await readFile(new URL('./f.wasm', import.meta.url)));
        return (instance.exports as { f(): number }).f();
      }`,
    'f.wasm': wasm,
  };
  assert.is(await call(files, 'main.ts'), 42);
});

test('names with spaces and signs', async () => {
  const files = {
    'package.json': esm,
    'my src/ma in#1.ts': `import { x } from './x%20y?.js'; export default () => x`.replace('./x%20y?.js', './x y.js'),
    'my src/x y.ts': 'export const x = 1',
  };
  assert.is(await call(files, 'my src/ma in#1.ts'), 1);
});
