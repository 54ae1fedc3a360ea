import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { listImages } from '../../src/engine/images.js';
import { type Context, enforceLimits, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { isStep } from '../support/steps.js';
import { tracesAfter } from '../support/traces.js';

/** The engine's disk is full, its memory is used up, the image is removed. */
const { test } = suite('exhausted engine', { timeoutInS: 150 });
const onOwn: typeof test = Object.assign(
  (...[name, body, options]: Parameters<typeof test>) =>
    noOwnEngine === null ? test(name, body, options) : test.skip(name, noOwnEngine),
  { skip: test.skip },
);

const CLEAN_AFTER_S = 10 * patience;
const since = Math.floor(Date.now() / 1000);

async function withEngine(
  sizeInMb: number | null,
  words: readonly string[],
  body: (own: OwnEngine) => Promise<void>,
): Promise<void> {
  const own = await makeOwnEngine(...words);
  try {
    if (sizeInMb !== null) {
      mkdirSync(`${own.folder}/data`);
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeInMb}m`, 'tmpfs', `${own.folder}/data`]);
    }
    await own.start();
    await body(own);
    assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: own.url, pid: process.pid, since }), []);
  } finally {
    await own.remove();
  }
}

async function call(url: string, method: Context['method'] = 'spawn'): Promise<Outcome> {
  const limited = enforceLimits({ wallTimeInS: 60, context: getContext(method, { engine: url }) })(() => 42);
  const outcome = await limited.run();
  await limited.close();
  return outcome;
}

const assertAnswers = ({ exitStatus, result, error }: Outcome) => assert.equal([exitStatus, result], [0, 42], error?.message);
function assertTold({ exitStatus, error }: Outcome, words: RegExp): void {
  assert.is(exitStatus, 'PynisherError');
  assert.match(error?.message ?? '', words);
}

function fill(file: string): void {
  const block = Buffer.alloc(2 ** 16);
  const descriptor = openSync(file, 'w');
  try {
    for (;;) writeSync(descriptor, block);
  } catch {
    // Full.
  } finally {
    closeSync(descriptor);
  }
}

onOwn('no room for the image', async () => {
  await withEngine(40, [], async ({ url }) => {
    assertTold(await call(url), /no space left/i);
    // And not only the first time.
    assertTold(await call(url), /no space left/i);
  });
});

onOwn('the disk is full, and has room again', async () => {
  await withEngine(700, [], async ({ url, folder }) => {
    assertAnswers(await call(url));
    fill(`${folder}/data/filler`);
    assertTold(await call(url), /no space left/i);
    rmSync(`${folder}/data/filler`);
    assertAnswers(await call(url));
    assertAnswers(await call(url, 'forkserver'));
  });
});

onOwn('the image is removed: between calls, before a container is created, and while a container waits', async () => {
  await withEngine(null, [], async ({ url, socketPath }) => {
    const { docker } = await connect(url);
    const removeImage = async () => {
      for (const { id } of await listImages(await connect(url))) await docker.getImage(id).remove({ force: true });
    };
    assertAnswers(await call(url));
    await removeImage();
    assertAnswers(await call(url));
    let removals = 0;
    await using proxy = await openEngineProxy(socketPath, async (request) => {
      if (isStep('create', request) && removals++ === 0) await removeImage();
      return undefined;
    });
    assertAnswers(await call(proxy.url));
    assert.ok(removals > 1);

    const limited = enforceLimits({ wallTimeInS: 60, context: getContext('forkserver', { engine: url }) })(() => 42);
    assertAnswers(await limited.run());
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // Used by a container that runs: it stays, without its name.
    await removeImage().catch(() => {});
    assertAnswers(await limited.run());
    assertAnswers(await limited.run());
    await limited.close();
  });
});

const memoryRoot = '/sys/fs/cgroup/memory';
const onV1 = existsSync(`${memoryRoot}/memory.limit_in_bytes`) ? onOwn : (name: string) => test.skip(name, 'needs cgroup v1');

onV1("all of the engine's containers together have used up its memory: the call that asked for more is told", async () => {
  const name = `nisher-test-${process.pid}`;
  mkdirSync(`${memoryRoot}/${name}`);
  try {
    writeFileSync(`${memoryRoot}/${name}/memory.use_hierarchy`, '1');
  } catch {
    // It is on, and cannot be turned off.
  }
  writeFileSync(`${memoryRoot}/${name}/memory.limit_in_bytes`, `${150 * 2 ** 20}`);
  try {
    await withEngine(null, ['--cgroup-parent', `/${name}`], async ({ url }) => {
      assertAnswers(await call(url));
      const hog = enforceLimits({ wallTimeInS: 60, context: getContext('spawn', { engine: url }) })(() => {
        const held: Buffer[] = [];
        for (let n = 0; n < 400; n++) held.push(Buffer.alloc(2 ** 20, 1));
        return held.length;
      });
      const { exitStatus, error } = await hog.run();
      assert.is(exitStatus, 'MemorylimitException', error?.message);
      await hog.close();
      assertAnswers(await call(url));
    });
  } finally {
    rmdirSync(`${memoryRoot}/${name}`);
  }
});
