import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { fromModule, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';
import { enforceLimits } from '../support/spawned.js';

const { test, before, after } = suite('bad input');
let folder = '';

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nisher-bad-input-'));
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  assert.equal(await leftovers(), []);
});

/** Calls an export of a module with that text. */
async function callModule(name: string, text: string | null, exportName = 'default', ...args: unknown[]): Promise<Outcome> {
  const file = path.join(folder, name);
  if (text !== null) await writeFile(file, text);
  return enforceLimits({ wallTimeInS: 20 })(fromModule(pathToFileURL(file), exportName)).run(...args);
}

/** It failed that way, saying all of that, and without a container where none was needed. */
function assertFailed(outcome: Outcome, exitStatus: Outcome['exitStatus'], messages: RegExp[], container: boolean): void {
  assert.is(outcome.exitStatus, exitStatus, outcome.error?.message);
  for (const message of messages) assert.match(outcome.error?.message ?? '', message);
  assert.is(outcome.meter !== null, container, 'whether a container was started');
}

test('a module that is missing', async () => {
  await writeFile(path.join(folder, 'solver.js'), 'export default () => 1;');
  const outcome = await callModule('sovler.js', null);
  assertFailed(outcome, 'AnythingException', [/sovler\.js/, /solver\.js/], false);
  assert.is(outcome.phase, 'load');
});

test('an export that is missing, ES module: named before anything is started', async () => {
  assertFailed(
    await callModule('esm.js', 'export const solve = () => 1; export const check = () => 2;', 'slove'),
    'AnythingException',
    [/slove/, /solve/, /check/],
    false,
  );
});

test('an export that is missing, CommonJS', async () => {
  assertFailed(
    await callModule('cjs.cjs', 'module.exports[["so", "lve"].join("")] = () => 1;', 'slove'),
    'AnythingException',
    [/slove/, /solve/],
    true,
  );
});

test('an export that is no function', async () => {
  assertFailed(
    await callModule('number.js', 'export const answer = 42;', 'answer'),
    'AnythingException',
    [/answer/, /number/],
    true,
  );
});

test('a module that does not compile: file and line', async () => {
  assertFailed(
    await callModule('broken.ts', 'export default () => {\n  const x = ;\n};\n'),
    'AnythingException',
    [/broken\.ts:2:\d+/],
    false,
  );
});

test('an import that leads nowhere: importer and name', async () => {
  assertFailed(
    await callModule('importer.js', 'import { x } from "./nowhere.js";\nexport default () => x;'),
    'AnythingException',
    [/importer\.js/, /\.\/nowhere\.js/],
    false,
  );
  assertFailed(
    await callModule('packages.js', 'import x from "no-such-package";\nexport default () => x;'),
    'AnythingException',
    [/packages\.js/, /no-such-package/, /npm install/],
    false,
  );
});

test('a module that throws while it is loaded', async () => {
  const outcome = await callModule('throws.js', 'export default () => 1;\nthrow new RangeError("not today");');
  assertFailed(outcome, 'AnythingException', [/while it was loaded: RangeError: not today/], true);
  assert.is(outcome.phase, 'load');
  assert.match((outcome.error?.cause as Error | undefined)?.stack ?? '', /throws\.js:2:/);
});

test('a module that exits while it is loaded', async () => {
  const outcome = await callModule('exits.js', 'export default () => 1;\nprocess.exit(4);');
  assertFailed(outcome, 'AnythingException', [/code 4 while the module was loaded/], true);
  assert.is(outcome.exitCode, 4);
});

test('a module that uses up the memory while it is loaded', async () => {
  const file = path.join(folder, 'hog.js');
  await writeFile(file, 'const kept = [];\nfor (;;) kept.push(Buffer.alloc(1e6, 1));\nexport default () => 1;');
  const outcome = await enforceLimits({ memInMb: 64, wallTimeInS: 20 })(fromModule(pathToFileURL(file))).run();
  assertFailed(outcome, 'MemorylimitException', [/memInMb is 64/], true);
  assert.is(outcome.phase, 'load');
});

test('arguments that cannot be carried: their path, before anything is started', async () => {
  const outcome = await enforceLimits({})((options: object) => options).run({ hooks: [{ done: () => {} }] });
  assertFailed(outcome, 'PynisherError', [/arguments\[0\]\.hooks\[0\]\.done is a function/], false);
});

test('a function that uses variables from around it: named, with the way out', () => {
  const factor = 3;
  const offset = 4;
  assert.throws(
    () => enforceLimits({})((x: number) => x * factor + offset),
    (error: unknown) =>
      error instanceof TypeError &&
      /factor/.test(error.message) &&
      /offset/.test(error.message) &&
      /fromModule/.test(error.message),
  );
});

test('bound and native functions, classes, and what is no function', () => {
  class Thing {}
  const wrap = enforceLimits({}) as (fn: unknown) => unknown;
  for (const fn of [((x: number) => x).bind(null), Math.max, Thing, 'code', null, { kind: 'other' }]) {
    assert.throws(
      () => wrap(fn),
      (error: unknown) => error instanceof TypeError,
    );
  }
});

test('an engine that does not answer, within 5 s', async () => {
  const socket = path.join(folder, 'silent.sock');
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const since = performance.now();
  const context = getContext('spawn', { engine: `unix://${socket}` });
  const outcome = await enforceLimits({ context })(() => 1).run();
  server.close();
  assertFailed(outcome, 'PynisherError', [/silent\.sock/, /5 s/], false);
  assert.ok(performance.now() - since < 7000);
});

test('an image that is missing', async () => {
  const context = getContext('spawn', { image: 'nobody/has:this' });
  assertFailed(
    await enforceLimits({ context })(() => 1).run(),
    'PynisherError',
    [/nobody\/has:this/, /nisher image build --base/],
    false,
  );
});

test('a runtime that the engine does not know', async () => {
  const context = getContext('spawn', { runtime: 'no-such-runtime' });
  assertFailed(await enforceLimits({ context })(() => 1).run(), 'PynisherError', [/no-such-runtime/], false);
});

test('a network that does not exist', async () => {
  const context = getContext('spawn', { network: 'no-such-network' });
  assertFailed(await enforceLimits({ context })(() => 1).run(), 'PynisherError', [/no-such-network/], false);
});
