/** The thread that packs: it is bounded, and what one module does to it harms no other. Takes 4 s. */
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { PackError } from '../../src/payload/payload.js';
import { makeProject, run } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';

const { test } = suite('the thread that packs', { timeoutInS: 30 });

/** A chain of modules, each of which is read, parsed and compiled. */
const chain = (length: number) => ({
  'package.json': '{ "type": "module" }',
  'main.mjs': "import './m0.mjs'; export default () => 1;",
  ...Object.fromEntries(Array.from({ length }, (_, index) => [`m${index}.mjs`, `import './m${index + 1}.mjs';`])),
  [`m${length}.mjs`]: '',
});

const refused = async (packing: Promise<unknown>): Promise<PackError> => {
  const error: unknown = await packing.then(
    () => new Error('it was packed'),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, PackError, String(error));
  return error as PackError;
};

test('packTimeInS ends it, and names itself; the next module is packed', async () => {
  const slow = makeProject(chain(3000));
  const quick = makeProject(chain(1));
  try {
    const error = await refused(slow.pack('main.mjs', 'default', { packTimeInS: 0.05 }));
    assert.match(error.message, /^Packing .*main\.mjs took too long: packTimeInS is 0\.05$/);
    assert.match(error.hint, /packTimeInS/);
    assert.is((await run(await quick.pack('main.mjs'))).value, 1);
    // With time enough it is not a failure that was kept.
    assert.is((await slow.pack('main.mjs')).exportName, 'default');
  } finally {
    slow.remove();
    quick.remove();
  }
});

test('several modules are packed at once, each with its own result', async () => {
  const projects = Array.from({ length: 6 }, (_, index) =>
    makeProject({ 'package.json': '{ "type": "module" }', 'main.ts': `export default (): number => ${index};` }),
  );
  try {
    const packed = await Promise.all(projects.map((project) => project.pack('main.ts')));
    const values = await Promise.all(packed.map((payload) => run(payload)));
    assert.equal(
      values.map(({ value }) => value),
      [0, 1, 2, 3, 4, 5],
    );
  } finally {
    for (const project of projects) project.remove();
  }
});

test('a module that kills the compiler fails alone', async () => {
  const killer = makeProject({ 'main.ts': `export default () => ${'['.repeat(200_000)}` });
  const fine = makeProject({ 'package.json': '{ "type": "module" }', 'main.ts': 'export default (): number => 2;' });
  try {
    const [error, payload] = await Promise.all([refused(killer.pack('main.ts')), fine.pack('main.ts')]);
    assert.match(error.message, /main\.ts/);
    assert.is((await run(payload)).value, 2);
    assert.is((await run(await fine.pack('main.ts'))).value, 2);
  } finally {
    killer.remove();
    fine.remove();
  }
});

test('it does not keep a program running, and prints nothing', () => {
  const pack = new URL('../../src/payload/pack.ts', import.meta.url).href;
  const target = new URL('../../src/targets/from-module.ts', import.meta.url).href;
  const code = `
    const { openPacking } = await import(${JSON.stringify(pack)});
    const { fromModule } = await import(${JSON.stringify(target)});
    await openPacking(fromModule(${JSON.stringify(new URL(import.meta.url).href)})).current().catch(() => {});
    console.log('packed');`;
  const since = performance.now();
  const words = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', code];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  assert.equal([stdout, stderr, status], ['packed\n', '', 0]);
  // An idle thread is there for ten seconds.
  assert.ok(performance.now() - since < 9000);
});
