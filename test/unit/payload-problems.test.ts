import * as assert from 'uvu/assert';
import { addonTarget } from '../../src/payload/packages/native-addon.js';
import { PackError } from '../../src/payload/payload.js';
import { type Files, makeProject } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';

const { test } = suite('pack: what is refused');

const esm = '{ "type": "module" }';

/** Message and hint, with the project's folder left out. */
async function problemOf(files: Files, entry: string, exportName?: string): Promise<string> {
  const project = makeProject(files);
  try {
    await project.pack(entry, exportName);
  } catch (error) {
    assert.instance(error, PackError);
    const { message, hint } = error as PackError;
    return `${message} | ${hint}`.replaceAll(`${project.at('')}/`, '');
  } finally {
    project.remove();
  }
  throw new Error('was packed');
}

test('a missing module, with the name that was meant', async () => {
  const files = { 'train.ts': 'export default () => 1' };
  assert.is(await problemOf(files, 'trian.ts'), 'There is no module trian.ts | Did you mean `train.ts` in the same folder?');
  assert.is(await problemOf(files, 'none/x.ts'), 'There is no module none/x.ts | Check the path');
});

test('what is no module', async () => {
  assert.match(
    await problemOf({ 'data.json': '{}' }, 'data.json'),
    /^data\.json is not a JavaScript or TypeScript module \| Give/,
  );
  assert.match(await problemOf({ 'folder/a.ts': '' }, 'folder'), /^folder is a folder, not a module \| Give a module in it/);
});

test('a missing export, with those there are', async () => {
  const files = {
    'main.ts': `export const train = () => 1; export { b as other } from './b'; export * from './c'; export default 1; export type T = 1;
      export const { x, y: [z], ...rest } = {} as any; export function f() {} export class K {} export enum E {}`,
    'b.ts': 'export const b = 1',
    'c.ts': `export const c = 1; export default 2; export * from './main'`,
  };
  assert.is(
    await problemOf(files, 'main.ts', 'trains'),
    'Module main.ts has no export `trains`. It exports `E`, `K`, `c`, `default`, `f`, `other`, `rest`, `train`, `x`, `z` | Did you mean `train`?',
  );
  assert.match(
    await problemOf({ 'a.mjs': 'const x = 1' }, 'a.mjs'),
    /no export `default`. It exports nothing \| Give the name/,
  );
});

test('exports that only loading the module can tell are left to that', async () => {
  const files = {
    'package.json': esm,
    'star.ts': `export * from 'dep'`,
    'common.cjs': 'module.exports = {}',
    'node_modules/dep/index.js': '',
  };
  const project = makeProject(files);
  assert.is((await project.pack('star.ts', 'whatever')).exportName, 'whatever');
  assert.is((await project.pack('common.cjs', 'whatever')).exportName, 'whatever');
  project.remove();
});

test('a module that does not compile: file, line, column and the line itself', async () => {
  const files = {
    'main.ts': `import './deep/broken'; export default () => 1`,
    'deep/broken.ts': '\nconst a = 1;\n  const = 2;\n',
  };
  assert.match(
    await problemOf(files, 'main.ts'),
    /^deep\/broken\.ts:3:9: Expected identifier but found "="\n {6}const = 2;\n {12}\^ \| /,
  );
  const json = { 'main.ts': `import x from './x.json'; export default () => x`, 'x.json': '{ "a": }' };
  assert.match(await problemOf(json, 'main.ts'), /^x\.json:1:8: /);
});

test('an import that leads nowhere: importer, specifier and what was meant', async () => {
  const main = (specifier: string) => ({ 'main.ts': `\nimport '${specifier}'; export default () => 1`, 'helper.ts': '' });
  assert.match(
    await problemOf(main('./helpre.ts'), 'main.ts'),
    /^main\.ts:2:8: cannot find `\.\/helpre\.ts`, which the module imports\n[^|]* \| Did you mean `helper\.ts`\?$/,
  );
  assert.match(await problemOf(main('./zzz'), 'main.ts'), / \| Correct the path of the import$/);
  assert.match(
    await problemOf(main('@scope/dep/sub'), 'main.ts'),
    /cannot find `@scope\/dep\/sub`.* \| Install the package: npm install @scope\/dep$/s,
  );
});

test('a package of which the imported part is missing', async () => {
  const files = {
    'main.ts': `import 'dep/none'; export default () => 1`,
    'node_modules/dep/package.json': '{ "exports": { ".": "./index.js" } }',
    'node_modules/dep/index.js': '',
  };
  assert.match(await problemOf(files, 'main.ts'), /^main\.ts:1:8: cannot find `dep\/none`/);
});

const header = (bytes: readonly number[]) => Buffer.concat([Buffer.from(bytes), Buffer.alloc(256)]);
const elf = (machine: number) => header([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, machine, 0]);
const mach = header([0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1]);
const pe = header([0x4d, 0x5a, ...Array<number>(58).fill(0), 0x40, 0, 0, 0, 0x50, 0x45, 0, 0, 0x64, 0x86]);

test('headers of native addons', () => {
  assert.equal(addonTarget(elf(62)), { platform: 'linux', arch: 'x64' });
  assert.equal(addonTarget(elf(183)), { platform: 'linux', arch: 'arm64' });
  assert.equal(addonTarget(elf(255)), { platform: 'linux', arch: 'unknown' });
  assert.equal(addonTarget(mach), { platform: 'darwin', arch: 'arm64' });
  assert.equal(addonTarget(header([0xca, 0xfe, 0xba, 0xbe])), { platform: 'darwin', arch: 'universal' });
  assert.equal(addonTarget(pe), { platform: 'win32', arch: 'x64' });
  assert.is(addonTarget(Buffer.from('')), null);
  assert.is(addonTarget(Buffer.from('#!/bin/sh, and a long line of text that is no library at all')), null);
});

test('a native addon for another platform or processor', async () => {
  const files = { 'main.cjs': `exports.f = () => require('./build/own.node')` };
  const other = process.arch === 'x64' ? 183 : 62;
  const needed = `and containers here need linux-${process.arch} | Install or build it for Linux: npm install --os=linux --cpu=${process.arch}`;
  for (const [addon, found] of [
    [mach, 'darwin-arm64'],
    [pe, 'win32-x64'],
    [elf(other), `linux-${process.arch === 'x64' ? 'arm64' : 'x64'}`],
  ] as const) {
    const problem = await problemOf({ ...files, 'build/own.node': addon }, 'main.cjs', 'f');
    assert.ok(problem.startsWith(`Native addon build/own.node is built for ${found}, ${needed}`), problem);
  }
});

test('a package with builds for several platforms is fine when one of them fits', async () => {
  const folder = 'node_modules/native';
  const files = {
    'main.cjs': `exports.f = () => require('native')`,
    [`${folder}/index.js`]: `module.exports = require('./prebuilds/' + process.platform + '/native.node')`,
    [`${folder}/prebuilds/darwin/native.node`]: mach,
  };
  assert.match(await problemOf(files, 'main.cjs', 'f'), /prebuilds\/darwin\/native\.node is built for darwin-arm64/);
  const fitting = elf(process.arch === 'x64' ? 62 : 183);
  const project = makeProject({ ...files, [`${folder}/prebuilds/linux/native.node`]: fitting });
  assert.is((await project.pack('main.cjs', 'f')).entry, 'main.cjs');
  project.remove();
});
