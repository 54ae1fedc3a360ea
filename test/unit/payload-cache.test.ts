import { renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type Cacheable, makePackCache } from '../../src/payload/cache.js';
import { fingerprintOf } from '../../src/payload/files/fingerprint.js';
import { PackError } from '../../src/payload/payload.js';
import { makeProject, run } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';

const { test } = suite('pack cache');

const files = {
  'package.json': '{ "type": "module" }',
  'main.ts': `import { x } from './x'; import dep from 'dep'; import { readFileSync } from 'node:fs';
    export default () => [x, dep, readFileSync(new URL('./a.txt', import.meta.url), 'utf8')]; export const other = () => x`,
  'x.ts': 'export const x = 1',
  'a.txt': 'a',
  'node_modules/dep/index.js': `module.exports = 'dep'`,
};

const nothingRead: Cacheable = { archive: new Uint8Array(), watched: new Map(), watchedPackages: new Uint8Array() };

test('an unchanged module is packed in at most 5 ms, and each export shares its archive', async () => {
  // As many files as a middling tree of packages has.
  const many = Array.from({ length: 500 }, (_, index) => [`node_modules/dep/${index}.js`, ''] as const);
  const index = `module.exports = 'dep'; ${many.map(([name]) => `require('./${name.slice(17)}')`).join(';')}`;
  const project = makeProject({ ...files, ...Object.fromEntries(many), 'node_modules/dep/index.js': index });
  const first = await project.pack('main.ts');
  const times: number[] = [];
  for (let round = 0; round < 21; round++) {
    const startedAt = performance.now();
    const again = await project.pack('main.ts', 'other');
    times.push(performance.now() - startedAt);
    assert.ok(again.archive === first.archive);
    assert.is(again.exportName, 'other');
  }
  const median = times.sort((a, b) => a - b)[10] ?? Number.NaN;
  assert.ok(median <= 5, `${median} ms`);
  await assertRejects(project.pack('main.ts', 'none'), /no export `none`/);
  project.remove();
});

test('every file that went in is watched', async () => {
  const project = makeProject(files);
  const call = async () => (await run(await project.pack('main.ts'))).value;
  assert.equal(await call(), [1, 'dep', 'a']);
  project.write({ 'x.ts': 'export const x = 2' });
  assert.equal(await call(), [2, 'dep', 'a'], 'a source');
  project.write({ 'a.txt': 'b' });
  assert.equal(await call(), [2, 'dep', 'b'], 'an asset of the same size');
  project.write({ 'node_modules/dep/index.js': `module.exports = 'new'` });
  assert.equal(await call(), [2, 'new', 'b'], 'a package');
  project.write({ 'x2.ts': 'export const x = 3' });
  renameSync(project.at('x2.ts'), project.at('x.ts'));
  assert.equal(await call(), [3, 'new', 'b'], 'a file put in the place of another');
  project.remove();
  await assertRejects(project.pack('main.ts'), /There is no module/);
});

test('tsconfig.json and what it extends are watched', async () => {
  const config = (folder: string) => `{ "compilerOptions": { "paths": { "@/*": ["./${folder}/*"] } } }`;
  const project = makeProject({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': '{\n  // the usual\n  "extends": "./base"\n}',
    'base.json': config('one'),
    'main.ts': `import { x } from '@/x'; export default () => x`,
    'one/x.ts': 'export const x = 1',
    'two/x.ts': 'export const x = 2',
  });
  const call = async () => (await run(await project.pack('main.ts'))).value;
  assert.is(await call(), 1);
  project.write({ 'base.json': config('two') });
  assert.is(await call(), 2);
  project.remove();
});

test('those who ask at once share one packing', async () => {
  const project = makeProject(files);
  const [one, two] = await Promise.all([project.pack('main.ts'), project.pack('main.ts', 'other')]);
  assert.ok(one.archive === two.archive);
  project.remove();
});

test('failures are not kept', async () => {
  const project = makeProject({ ...files, 'x.ts': 'export const' });
  await assertRejects(project.pack('main.ts'), /x\.ts:1/);
  project.write({ 'x.ts': 'export const x = 1' });
  assert.is((await project.pack('main.ts')).entry, 'main.js');
  project.remove();
});

test('bounded by entries and bytes, the least recently used go first', async () => {
  const cache = makePackCache<Cacheable>(3, 100);
  let made = 0;
  const ask = (key: string, bytes: number) =>
    cache.get(key, async () => {
      made++;
      return { ...nothingRead, archive: new Uint8Array(bytes) };
    });
  const isKept = async (key: string) => {
    const before = made;
    await ask(key, 1);
    return made === before;
  };
  for (const key of ['a', 'b', 'c']) await ask(key, 1);
  assert.ok(await isKept('a'));
  await ask('d', 1);
  assert.not.ok(await isKept('b'), 'a fourth entry drives out the oldest');
  assert.ok(await isKept('a'), 'asked for meanwhile');
  await ask('large', 99);
  assert.ok(await isKept('large'));
  await ask('larger', 101);
  assert.not.ok(await isKept('larger'), 'more than everything');
});

test('a file that has just changed is looked at again, until it is older than a tick of the clock of files', async () => {
  const project = makeProject({ 'a.txt': '1' });
  const cache = makePackCache<Cacheable>();
  const at = project.at('a.txt');
  let made = 0;
  const ask = () =>
    cache.get('a', async () => {
      made++;
      return { ...nothingRead, watched: new Map([[at, fingerprintOf(at)]]) };
    });
  await ask();
  await ask();
  assert.is(made, 2, 'it may have changed again within the same tick');
  await sleep(30);
  await ask();
  await ask();
  assert.is(made, 3);
  // The same size and the same times: the time of the change itself cannot be set.
  const { atime, mtime } = statSync(at);
  writeFileSync(at, '2');
  utimesSync(at, atime, mtime);
  await sleep(30);
  await ask();
  assert.is(made, 4);
  project.remove();
});

test('a file that appears where one was looked for, a package that is installed, and a file in a folder that was looked into', async () => {
  const project = makeProject({
    'package.json': '{ "type": "module" }',
    'main.ts': `export default async (name: string) => [(await import(\`./plugins/\${name}.ts\`)).default,
      await import('late').then((module) => module.default, () => 'no late')]`,
    'plugins/a.ts': `export default 'a'`,
  });
  const call = async (name: string) => (await run(await project.pack('main.ts'), name)).value;
  assert.equal(await call('a'), ['a', 'no late']);
  project.write({ 'plugins/b.ts': `export default 'b'` });
  assert.equal(await call('b'), ['b', 'no late']);
  project.write({ 'node_modules/late/index.js': `module.exports = 'late'` });
  assert.equal(await call('a'), ['a', 'late']);
  project.remove();
});

async function assertRejects(promise: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, PackError);
  assert.match((error as PackError).message, message);
}
