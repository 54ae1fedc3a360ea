import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { enforceLimits, fromModule, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { type EngineProxy, openEngineProxy } from '../support/engine-proxy.js';
import { faultFunctions } from '../support/fault-program.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { type EngineStep, engineSteps, isStep } from '../support/steps.js';
import { tracesAfter } from '../support/traces.js';

/** The engine gets SIGKILL and is started again, at each step of a call. */
const { test, before, after } = suite('engine killed');
const onOwn: typeof test = Object.assign(
  (...[name, body, options]: Parameters<typeof test>) =>
    noOwnEngine === null ? test(name, body, options) : test.skip(name, noOwnEngine),
  { skip: test.skip },
);

const TOLD_WITHIN_S = 20 * patience;
const CLEAN_AFTER_S = 10 * patience;
const since = Math.floor(Date.now() / 1000);

let own: OwnEngine;
let proxy: EngineProxy;
/** Called at each request, before the engine hears of it. */
let atRequest: (request: { method: string; path: string }) => Promise<void> = async () => {};
before(
  async () => {
    if (noOwnEngine !== null) return;
    own = await makeOwnEngine();
    await own.start();
    proxy = await openEngineProxy(own.socketPath, async (request) => {
      await atRequest(request);
      return undefined;
    });
    // Builds the image.
    assertAnswers(await call('spawn', 'answer'));
  },
  { timeoutInS: 120 },
);
after(async () => {
  if (noOwnEngine !== null) return;
  await proxy[Symbol.asyncDispose]();
  await own.remove();
});

function limit(method: 'spawn' | 'forkserver', name: string) {
  const context = getContext(method, { engine: proxy.url });
  return enforceLimits({ wallTimeInS: 60, captureOutput: true, context })(
    fromModule<typeof import('../fixtures/faults/functions.js'), 'answer'>(pathToFileURL(faultFunctions), name as 'answer'),
  );
}

async function call(method: 'spawn' | 'forkserver', name: string): Promise<Outcome> {
  const limited = limit(method, name);
  const outcome = await limited.run();
  await limited.close();
  return outcome;
}

async function killed(): Promise<void> {
  await own.stop('SIGKILL');
}

/** Seconds until the call was told, from the engine's end on. */
async function timed(outcome: Promise<Outcome>): Promise<{ outcome: Outcome; inS: number }> {
  const start = performance.now();
  return { outcome: await outcome, inS: (performance.now() - start) / 1000 };
}

function assertTold({ outcome, inS }: { outcome: Outcome; inS: number }): void {
  assert.is(outcome.exitStatus, 'PynisherError', outcome.error?.message);
  assert.ok(inS < TOLD_WITHIN_S, `told after ${inS} s`);
}

function assertAnswers({ exitStatus, result, error }: Outcome): void {
  assert.equal([exitStatus, result], [0, 42], error?.message);
}

const nothingLeft = async () =>
  assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: own.url, pid: process.pid, since }), []);

for (const step of Object.keys(engineSteps) as EngineStep[]) {
  if (step === 'image') continue;
  onOwn(
    `before it hears of: ${step}`,
    async () => {
      let kills = 0;
      let killing = Promise.resolve();
      let container: string | undefined;
      atRequest = async (request) => {
        if (isStep('start', request)) container ??= request.path.split('/')[2];
        // What an earlier test has left may still be asked about.
        const isIts = step !== 'remove' || (container !== undefined && request.path.includes(container));
        if (isStep(step, request) && isIts && kills++ === 0) killing = killed();
        await killing;
      };
      const told = await timed(call('spawn', 'answer'));
      // What is asked for when the function has returned cannot change that.
      if (step === 'remove') assert.is(told.outcome.result, 42, `${told.outcome.error?.message}`);
      else assertTold(told);
      assertTold(await timed(call('spawn', 'answer')));
      assert.ok(kills > 0, 'never reached');
      atRequest = async () => {};
      await own.start();
      assertAnswers(await call('spawn', 'answer'));
      await nothingLeft();
    },
    { timeoutInS: 120 },
  );
}

for (const method of ['spawn', 'forkserver'] as const) {
  for (const name of ['busy', 'waits', 'large']) {
    onOwn(
      `while the function runs: ${name}, ${method}`,
      async () => {
        const limited = limit(method, name);
        const running = limited.run();
        for await (const { data } of running) {
          if (!data.toString().includes('called')) continue;
          await killed();
          break;
        }
        const told = await timed(running);
        // Its value may have been here already.
        if (!(name === 'large' && told.outcome.exitStatus === 0)) assertTold(told);
        await own.start();
        await limited.close();
        assertAnswers(await call(method, 'answer'));
        await nothingLeft();
      },
      { timeoutInS: 120 },
    );
  }
}

onOwn(
  'with containers that wait for calls: calls fail while there is no engine, and none fails when it is back',
  async () => {
    const limited = limit('forkserver', 'answer');
    assert.is((await limited.run()).result, 42);
    await sleep(2000);
    await killed();
    const during = await timed(limited.run());
    // Containers outlive a dockerd that is killed, but not what connects them with us.
    assertTold(during);
    await own.start();
    for (let n = 0; n < 3; n++) {
      const { exitStatus, error } = await limited.run();
      assert.is(exitStatus, 0, error?.message);
    }
    await limited.close();
    await nothingLeft();
  },
  { timeoutInS: 120 },
);

onOwn(
  'gone and back between two calls: that costs neither of them',
  async () => {
    const limited = limit('forkserver', 'answer');
    assert.is((await limited.run()).result, 42);
    await sleep(2000);
    await killed();
    await own.start();
    const { exitStatus, error } = await limited.run();
    assert.is(exitStatus, 0, error?.message);
    await limited.close();
    await nothingLeft();
  },
  { timeoutInS: 120 },
);
