import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { deferred } from '../../src/call/deferred.js';
import type { Engine } from '../../src/engine/connect.js';
import { type ExceptionName, enforceLimits, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { callAt, type Way, watchedFunction, ways } from '../support/call-at.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { localEngine } from '../support/local-engine.js';
import { patience } from '../support/patience.js';
import { someAtOnce } from '../support/some-at-once.js';
import { containerIn, type EngineStep, isStep } from '../support/steps.js';
import { CLEAN_AFTER_S, tracesAfter } from '../support/traces.js';

/** Somebody else removes, kills, stops or pauses the container. */
const { test, before } = suite('third party');

let engine: Engine;
let enginePath: string;
before(async () => {
  ({ engine, enginePath } = await localEngine());
});

const AT_ONCE = 3;
const TOLD_WITHIN_S = 20 * patience;
const PAUSED_WALL_TIME_IN_S = 6;

type Container = ReturnType<Engine['docker']['getContainer']>;
/** What takes longest to be told, first. */
const acts = {
  pauses: (container: Container) => container.pause(),
  removes: (container: Container) => container.remove({ force: true }),
  kills: (container: Container) => container.kill(),
  stops: (container: Container) => container.stop({ t: 1 }),
} as const;
type Act = keyof typeof acts;
const allActs = Object.keys(acts) as Act[];
/** Returns when it is done. */
const actOn = async (act: Act, id: string) => void (await acts[act](engine.docker.getContainer(id)));

const nothingLeft = async (containers: Iterable<string>) =>
  assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, containers }), []);

function assertTold({ exitStatus, error }: Outcome, status: 0 | ExceptionName, words = /^/): void {
  assert.is(exitStatus, status, error?.message);
  assert.match(error?.message ?? '', words);
}
function assertAnswers({ exitStatus, result, error }: Outcome): void {
  assert.equal([exitStatus, result], [0, 42], error?.message);
}
const SOMEBODY = /somebody else|removed|connection with the container/;

test(
  'while the module loads, the function is busy or waits, and with its value on its way',
  async () => {
    const cases = ways.flatMap((way) => allActs.map((act) => ({ ...way, act })));
    const nameOf = ({ method, moment, act }: Way & { act: Act }) => `${act} ${moment} ${method}`;
    const problems = await someAtOnce(AT_ONCE, cases, nameOf, async ({ act, ...way }) => {
      const wallTimeInS = act === 'pauses' ? PAUSED_WALL_TIME_IN_S : 60;
      await using at = await callAt(enginePath, { ...way, limits: { wallTimeInS } });
      const acting = actOn(act, at.id);
      // Docker 20.10 does not answer to a kill before the container's output has been taken from it.
      await Promise.race([acting, sleep(1000 * patience)]);
      const { outcome, inS } = await at.told();
      await acting;
      // Nobody knows of a pause; what does not go on meets its wall limit.
      if (act === 'pauses') assertTold(outcome, 'TimeoutException');
      else assertTold(outcome, 'PynisherError', SOMEBODY);
      assert.is(outcome.phase, way.moment === 'load' ? 'load' : 'call');
      assert.ok(inS < TOLD_WITHIN_S, `${inS} s`);
      await at.close();
      await nothingLeft(at.proxy.containers);
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 250 },
);

/** What somebody does just before the engine hears of a request, and what the call is told. */
const steps: readonly { step: EngineStep; act: Act; status: 0 | ExceptionName; words?: RegExp }[] = [
  // At the inspection it has started, and nisher's runner is not up yet.
  { step: 'inspect', act: 'pauses', status: 'PynisherError', words: /was not up after 60 s/ },
  { step: 'wait', act: 'removes', status: 'PynisherError', words: /wait for a container|attach to a container/ },
  { step: 'attach', act: 'removes', status: 'PynisherError', words: /wait for a container|attach to a container/ },
  { step: 'start', act: 'removes', status: 'PynisherError', words: /start a container/ },
  { step: 'inspect', act: 'removes', status: 'PynisherError', words: SOMEBODY },
  { step: 'inspect', act: 'kills', status: 'PynisherError', words: SOMEBODY },
  { step: 'inspect', act: 'stops', status: 'PynisherError', words: SOMEBODY },
  // Where it is to be removed, the value is there.
  { step: 'remove', act: 'removes', status: 0 },
  { step: 'remove', act: 'kills', status: 0 },
];

test(
  'between two steps of a call',
  async () => {
    const nameOf = ({ act, step }: (typeof steps)[number]) => `${act} before ${step}`;
    const problems = await someAtOnce(AT_ONCE, steps, nameOf, async ({ step, act, status, words }) => {
      let isDone = false;
      await using proxy = await openEngineProxy(enginePath, async (request) => {
        if (isDone || !isStep(step, request)) return undefined;
        isDone = true;
        const acting = actOn(act, containerIn(request));
        // Once it has ended, the engine may be at it, or done.
        if (step === 'remove') await acting.catch(() => {});
        else await acting;
        return undefined;
      });
      const limited = enforceLimits({ wallTimeInS: 60, context: getContext('spawn', { engine: proxy.url }) })(() => 42);
      const since = performance.now();
      const outcome = await limited.run();
      const inS = (performance.now() - since) / 1000;
      await limited.close();
      assert.ok(isDone, 'never reached');
      assertTold(outcome, status, words);
      assert.is(outcome.result, status === 0 ? 42 : null);
      assert.ok(inS < TOLD_WITHIN_S + (act === 'pauses' ? 60 : 0), `${inS} s`);
      await nothingLeft(proxy.containers);
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 200 },
);

/** The container that waits for the next call, with the function loaded, or whose runner is not up yet. */
const waiting = allActs.flatMap((act) => (['loaded', 'started'] as const).map((when) => ({ act, when })));

/** It does not take its arguments, for half a minute; or is not even up, for a whole one. */
const PAUSED = { loaded: /did not take the arguments within 30 s/, started: /was not up after 60 s/ };

test(
  'the container that waits for a call: that costs no call, but for a pause, of which nobody knows',
  async () => {
    const nameOf = ({ act, when }: (typeof waiting)[number]) => `${act} ${when}`;
    const problems = await someAtOnce(AT_ONCE, waiting, nameOf, async ({ act, when }) => {
      const acted = deferred<void>();
      let inspections = 0;
      await using limited = await watchedFunction(enginePath, {
        method: 'forkserver',
        name: 'answer',
        limits: { wallTimeInS: 90 },
        decide: async (request) => {
          if (when === 'loaded' || !isStep('inspect', request) || containerIn(request) !== limited.ids[1]) return undefined;
          if (inspections++ > 0) return undefined;
          await actOn(act, containerIn(request));
          acted.resolve();
          return undefined;
        },
      });
      assertAnswers(await limited.run());
      if (when === 'loaded') {
        await limited.untilLoaded(2);
        await actOn(act, limited.ids[1] ?? '');
      } else await acted.promise;
      const since = performance.now();
      const outcome = await limited.run();
      const inS = (performance.now() - since) / 1000;
      if (act === 'pauses') assertTold(outcome, 'PynisherError', PAUSED[when]);
      else assertAnswers(outcome);
      assert.ok(inS < TOLD_WITHIN_S + (act === 'pauses' ? 60 : 0), `${inS} s`);
      assertAnswers(await limited.run());
      await limited.close();
      await nothingLeft(limited.proxy.containers);
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 250 },
);

test('nothing is left of any', async () => {
  assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, pid: process.pid }), []);
});
