import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { connect, type Engine } from '../../src/engine/connect.js';
import { ensureImage } from '../../src/engine/image.js';
import { listImages } from '../../src/engine/images.js';
import { OWNER_LABEL } from '../../src/engine/labels.js';
import { formatOwner, thisOwner } from '../../src/engine/owner.js';
import { sweep } from '../../src/engine/sweep.js';
import { type Context, enforceLimits, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { callAt, watchedFunction, wayOf } from '../support/call-at.js';
import { type EngineProxy, openEngineProxy } from '../support/engine-proxy.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { type EngineStep, isStep } from '../support/steps.js';
import { CLEAN_AFTER_S, containersOf, tracesAfter } from '../support/traces.js';

/** The engine's disk is full, or does not let go of a container; its memory is used up; the image is removed. */
const { test } = suite('exhausted engine', { timeoutInS: 150, unless: noOwnEngine });

/** An image that has to be built included. */
const TOLD_WITHIN_S = 30 * patience;

interface Surroundings {
  readonly own: OwnEngine;
  readonly engine: Engine;
  /** Through which calls are made. */
  readonly proxy: EngineProxy;
  /** Has that done before the engine hears of the next such request. */
  before(step: EngineStep, act: () => void | Promise<void>): void;
}

async function withEngine(
  sizeInMb: number | null,
  words: readonly string[],
  body: (surroundings: Surroundings) => Promise<void>,
): Promise<void> {
  const own = await makeOwnEngine(...words);
  try {
    if (sizeInMb !== null) {
      mkdirSync(`${own.folder}/data`);
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeInMb}m`, 'tmpfs', `${own.folder}/data`]);
    }
    await own.start();
    let next: { step: EngineStep; act: () => void | Promise<void> } | null = null;
    await using proxy = await openEngineProxy(own.socketPath, async (request) => {
      if (next === null || !isStep(next.step, request)) return undefined;
      const { act } = next;
      next = null;
      await act();
      return undefined;
    });
    await body({
      own,
      proxy,
      engine: await connect(own.url),
      before(step, act) {
        assert.is(next, null, 'the last was never reached');
        next = { step, act };
      },
    });
    assert.is(next, null, 'never reached');
    const { containers } = proxy;
    assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: own.url, pid: process.pid, containers }), []);
  } finally {
    await own.remove();
  }
}

async function call({ url }: { url: string }, method: Context['method'] = 'spawn', image?: string): Promise<Outcome> {
  const context = getContext(method, { engine: url, ...(image !== undefined && { image }) });
  const limited = enforceLimits({ wallTimeInS: 60, context })(() => 42);
  const since = performance.now();
  const outcome = await limited.run();
  const inS = (performance.now() - since) / 1000;
  await limited.close();
  assert.ok(inS < TOLD_WITHIN_S, `told after ${inS} s`);
  return outcome;
}

const assertAnswers = ({ exitStatus, result, error }: Outcome) => assert.equal([exitStatus, result], [0, 42], error?.message);
function assertTold({ exitStatus, error }: Outcome, words: RegExp): void {
  assert.is(exitStatus, 'PynisherError', error?.message);
  assert.match(error?.message ?? '', words);
}
const NO_SPACE = /no space left/i;

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

test('no room for the image', async () => {
  await withEngine(40, [], async ({ proxy }) => {
    assertTold(await call(proxy), NO_SPACE);
    // And not only the first time.
    assertTold(await call(proxy), NO_SPACE);
  });
});

test('the disk is full, and has room again: before a container is created, before it starts, and before it is removed', async () => {
  await withEngine(700, [], async ({ proxy, own, before }) => {
    const filler = `${own.folder}/data/filler`;
    assertAnswers(await call(proxy));
    for (const step of ['create', 'start'] as const) {
      before(step, () => fill(filler));
      assertTold(await call(proxy), NO_SPACE);
      // While it is, too.
      assertTold(await call(proxy), NO_SPACE);
      rmSync(filler);
      assertAnswers(await call(proxy));
    }
    before('remove', () => fill(filler));
    assertAnswers(await call(proxy));
    rmSync(filler);
    assertAnswers(await call(proxy, 'forkserver'));
  });
});

const immutable = (file: string, is: boolean) => execFileSync('chattr', [is ? '+i' : '-i', file]);

/** Why no file can be made one that even root cannot remove; null when it can. ioctl_iflags(2) */
const noImmutable = noOwnEngine ?? tryImmutable();
function tryImmutable(): string | null {
  const file = `${tmpdir()}/nisher-immutable-${process.pid}`;
  writeFileSync(file, '');
  try {
    immutable(file, true);
    immutable(file, false);
    return null;
  } catch {
    return 'no file can be made immutable here (chattr +i)';
  } finally {
    rmSync(file);
  }
}

test(
  'a container that the engine fails to remove does not hold up the call, and is removed once it can be',
  async () => {
    await withEngine(null, [], async ({ own, proxy, engine }) => {
      assertAnswers(await call(proxy));
      await using at = await callAt(own.socketPath, { method: 'spawn', moment: 'waits', limits: { wallTimeInS: 3 } });
      const file = `${own.folder}/data/containers/${at.id}/hostname`;
      immutable(file, true);
      try {
        const { outcome, inS } = await at.told();
        assert.is(outcome.exitStatus, 'TimeoutException', outcome.error?.message);
        assert.ok(inS < TOLD_WITHIN_S, `${inS} s`);
        const container = engine.docker.getContainer(at.id);
        while ((await container.inspect()).State.Status !== 'dead') await sleep(50);
      } finally {
        immutable(file, false);
      }
      const containers = [at.id];
      // Not only when waiting for the engine, which has given up, has come to its end.
      assert.equal(await tracesAfter(CLEAN_AFTER_S / 2, { engine: own.url, pid: process.pid, containers }), []);
    });
  },
  { unless: noImmutable },
);

test(
  'one that the engine was removing when it was killed is swept, though its program lives',
  async () => {
    await withEngine(null, [], async ({ own, engine }) => {
      const container = await engine.docker.createContainer({
        Image: (await ensureImage(engine)).name,
        Cmd: ['true'],
        Labels: { [OWNER_LABEL]: formatOwner(thisOwner()) },
      });
      const states = async () => await containersOf(engine, (id) => id === container.id);
      assert.equal(await sweep(engine), []);
      // Of its layer, which the engine removes after it has noted what it is about to do.
      const { UpperDir } = (await container.inspect()).GraphDriver.Data as unknown as { UpperDir: string };
      const file = path.join(UpperDir, '../link');
      immutable(file, true);
      try {
        const refusal = await container.remove({ force: true }).catch((error: { statusCode?: number }) => error);
        assert.is((refusal as { statusCode?: number }).statusCode, 500);
        await own.stop('SIGKILL');
      } finally {
        immutable(file, false);
      }
      await own.start();
      assert.equal(await states(), [`container ${container.id.slice(0, 12)} dead`]);
      assert.match((await sweep(engine))[0]?.reason ?? '', /begun to remove it/);
      assert.equal(await states(), []);
    });
  },
  { unless: noImmutable },
);

const removeImages = async (engine: Engine) => {
  for (const { id } of await listImages(engine)) await engine.docker.getImage(id).remove({ force: true });
};
/** All that is possible while a container of it runs: it stays, without its name. */
const removeName = async (engine: Engine, name: string) => {
  const image = engine.docker.getImage(name);
  const { Id } = await image.inspect();
  const refusal = await engine.docker
    .getImage(Id)
    .remove({ force: true })
    .catch((error: { statusCode?: number }) => error);
  assert.is((refusal as { statusCode?: number }).statusCode, 409);
  await image.remove({ force: true });
};

test('the image is removed: between calls, and before a container is created or started', async () => {
  await withEngine(null, [], async ({ proxy, engine, before }) => {
    assertAnswers(await call(proxy));
    await removeImages(engine);
    assertAnswers(await call(proxy));
    for (const step of ['create', 'start'] as const) {
      before(step, () => removeImages(engine));
      assertAnswers(await call(proxy));
    }
    assertAnswers(await call(proxy));
  });
});

test('the image is removed while a container of it runs, or waits for its call: that goes on, and the next has a new one', async () => {
  await withEngine(null, [], async ({ proxy, own, engine }) => {
    assertAnswers(await call(proxy));
    for (const way of [
      { method: 'spawn', moment: 'load' },
      { method: 'spawn', moment: 'waits' },
    ] as const) {
      const { name } = await ensureImage(engine);
      await using at = await callAt(own.socketPath, { ...way, limits: { wallTimeInS: 3 } });
      await removeName(engine, name);
      const { outcome, inS } = await at.told();
      assert.is(outcome.exitStatus, 'TimeoutException', `${wayOf(way)}: ${outcome.error?.message}`);
      assert.ok(inS < TOLD_WITHIN_S, `${inS} s`);
      await at.close();
      assertAnswers(await call(proxy));
    }
    await using limited = await watchedFunction(own.socketPath, {
      method: 'forkserver',
      name: 'answer',
      limits: { wallTimeInS: 60 },
    });
    assertAnswers(await limited.run());
    await limited.untilLoaded(2);
    await removeName(engine, (await ensureImage(engine)).name);
    assertAnswers(await limited.run());
    assertAnswers(await limited.run());
  });
});

test('a named image that is gone is not made anew: the call is told', async () => {
  await withEngine(null, [], async ({ proxy, engine, before }) => {
    const { name } = await ensureImage(engine);
    const named = 'nisher-test:named';
    const tag = async () => await engine.docker.getImage(name).tag({ repo: 'nisher-test', tag: 'named' });
    const untag = async () => void (await engine.docker.getImage(named).remove({ force: true }));
    await tag();
    assertAnswers(await call(proxy, 'spawn', named));
    await untag();
    assertTold(await call(proxy, 'spawn', named), /has no image `nisher-test:named`/);
    await tag();
    assertAnswers(await call(proxy, 'spawn', named));
    before('create', untag);
    assertTold(await call(proxy, 'spawn', named), /has no image `nisher-test:named`/);
  });
});

const memoryRoot = '/sys/fs/cgroup/memory';
const onV1 = existsSync(`${memoryRoot}/memory.limit_in_bytes`) ? test : (name: string) => test.skip(name, 'needs cgroup v1');

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
    await withEngine(null, ['--cgroup-parent', `/${name}`], async ({ proxy }) => {
      assertAnswers(await call(proxy));
      const hog = enforceLimits({ wallTimeInS: 60, context: getContext('spawn', { engine: proxy.url }) })(() => {
        const held: Buffer[] = [];
        for (let n = 0; n < 400; n++) held.push(Buffer.alloc(2 ** 20, 1));
        return held.length;
      });
      const since = performance.now();
      const { exitStatus, error } = await hog.run();
      assert.is(exitStatus, 'MemorylimitException', error?.message);
      assert.ok(performance.now() - since < TOLD_WITHIN_S * 1000);
      await hog.close();
      assertAnswers(await call(proxy));
    });
  } finally {
    rmdirSync(`${memoryRoot}/${name}`);
  }
});
