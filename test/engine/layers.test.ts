/** Packages that are too large to travel with each call become a layer of the image. Takes 20 s. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { type ImageSummary, listImages } from '../../src/engine/images.js';
import { enforceLimits as enforceWarm, fromModule, fromSource } from '../../src/index.js';
import { makeProject, type Project } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';
import { runCli } from '../support/run-cli.js';
import { enforceLimits } from '../support/spawned.js';

const { test, before, after } = suite('layers of packages');
const LARGE = 24 * 2 ** 20;
let project: Project;
let imagesBefore: Set<string>;

before(async () => {
  project = makeProject({
    'package.json': '{ "name": "p", "type": "module", "dependencies": { "large": "1" } }',
    'main.mjs': "import { sum, size } from 'large'; export default () => [sum(1, 2), size()]; export { sum };",
    'node_modules/large/package.json':
      '{ "name": "large", "version": "1.0.0", "type": "module", "exports": "./index.js", "dependencies": { "deep": "1" } }',
    'node_modules/large/index.js': `import { statSync } from 'node:fs'; import { add } from 'deep';
      export const sum = (a, b) => add(a, b); export const size = () => statSync(new URL('./data.bin', import.meta.url)).size;`,
    // Of its own, so that no earlier run has made its layer.
    'node_modules/large/data.bin': randomBytes(LARGE),
    'node_modules/large/bin/run.sh': '#!/bin/sh\n',
    'node_modules/deep/package.json': '{ "name": "deep", "type": "module", "exports": "./index.js" }',
    'node_modules/deep/index.js': 'export const add = (a, b) => a + b;',
  });
  imagesBefore = new Set((await layers()).map(({ id }) => id));
});
after(async () => {
  const made = (await ourLayers()).map(({ tag }) => tag);
  if (made.length > 0) await runCli(['image', 'rm', ...made]);
  project.remove();
  assert.equal(await ourLayers(), []);
});

async function layers(): Promise<ImageSummary[]> {
  return (await listImages(await connect(null))).filter(({ packages }) => packages !== null);
}

/** Those that this file has made. */
async function ourLayers(): Promise<ImageSummary[]> {
  return (await layers()).filter(({ id }) => !imagesBefore.has(id));
}

const limits = { memInMb: 64, wallTimeInS: 30 };

test('a layer is made once, and found by every program', async () => {
  const target = fromModule(project.at('main.mjs'));
  const both = [enforceLimits(limits)(target), enforceLimits(limits)(fromModule(project.at('main.mjs'), 'sum'))];
  // At once: one of them makes it.
  const [first, second] = await Promise.all([both[0]?.run(), both[1]?.run(2, 3)]);
  assert.equal(first?.result, [3, LARGE], first?.error?.message);
  assert.is(second?.result, 5);
  // Its packages are not charged to the call.
  assert.ok((first?.peakMemory ?? 0) < LARGE, `${first?.peakMemory} bytes`);
  const made = await ourLayers();
  assert.is(made.length, 1);
  const { stdout } = await runCli(['run', project.at('main.mjs'), '--mem', '64MB']);
  assert.is(stdout, `[3,${LARGE}]\n`);
  assert.equal(
    (await ourLayers()).map(({ id }) => id),
    made.map(({ id }) => id),
  );
});

test('another project with the same packages uses the same layer', async () => {
  const copy = makeProject({
    'package.json': '{ "name": "q", "type": "module" }',
    'other.mjs': "import { size } from 'large'; export default size;",
    ...Object.fromEntries(
      ['large/package.json', 'large/index.js', 'large/data.bin', 'large/bin/run.sh', 'deep/package.json', 'deep/index.js'].map(
        (path) => [`node_modules/${path}`, readFileSync(project.at(`node_modules/${path}`))],
      ),
    ),
  });
  try {
    assert.is(await enforceLimits(limits)(fromModule(copy.at('other.mjs')))(), LARGE);
    assert.is((await ourLayers()).length, 1);
  } finally {
    copy.remove();
  }
});

test('source text can import a large package that its caller names', async () => {
  const text = "import { sum, size } from 'large'; export default (): unknown => [sum(3, 4), size()];";
  const limited = enforceLimits(limits)(fromSource(text, { packages: ['large'], resolveFrom: project.at('.') }));
  const { result, error } = await limited.run();
  assert.equal(result, [7, LARGE], error?.message);
});

test('warm containers have the layer; another version of a package gets a new one', async () => {
  const limited = enforceWarm(limits)(
    fromModule<{ sum: (a: number, b: number) => number }, 'sum'>(project.at('main.mjs'), 'sum'),
  );
  assert.is(await limited(1, 1), 2);
  assert.is(await limited(1, 2), 3);
  project.write({
    'node_modules/deep/index.js': 'export const add = (a, b) => 100 + a + b;',
    'node_modules/deep/package.json': '{ "name": "deep", "version": "2.0.0", "type": "module", "exports": "./index.js" }',
  });
  assert.is(await limited(1, 2), 103);
  await limited.close();
});

test('image ls lists layers, with the day of their last use', async () => {
  const [layer] = await ourLayers();
  const { stdout } = await runCli(['image', 'ls']);
  assert.match(stdout, layer?.tag ?? 'no layer');
  assert.is(layer?.used?.toISOString().slice(0, 10), new Date().toISOString().slice(0, 10));
});

test('gc removes a layer that no call has used for more than seven days, and the next call makes it again', async () => {
  const { docker } = await connect(null);
  const layers = await ourLayers();
  const today = new Date().toISOString().slice(0, 10);
  for (const { tag } of layers) {
    const [repo = '', name = ''] = tag.split(':');
    await docker.getImage(tag).tag({ repo, tag: `${name}-used-2020-01-01` });
    await docker.getImage(`${tag}-used-${today}`).remove();
  }
  const { stdout } = await runCli(['gc']);
  for (const { tag } of layers) assert.match(stdout, tag);
  assert.equal(await ourLayers(), []);
  assert.is(await enforceLimits(limits)(fromModule(project.at('main.mjs'), 'sum'))(1, 2), 103);
});

test('Ctrl-C while a layer is made leaves nothing behind', async () => {
  project.write({ 'node_modules/large/data.bin': randomBytes(4 * LARGE) });
  const count = (await ourLayers()).length;
  let isSent = false;
  const { exitCode } = await runCli(['run', project.at('main.mjs')], {
    onStderr(stderr, child) {
      if (isSent || !stderr.includes('Making nisher-packages')) return;
      isSent = true;
      child.kill('SIGINT');
    },
  });
  assert.ok(isSent);
  assert.is(exitCode, 130);
  assert.equal(await leftovers(), []);
  assert.ok((await ourLayers()).length <= count + 1);
});
