import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { type Context, enforceLimits, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { type Fate, openEngineProxy } from '../support/engine-proxy.js';
import { patience } from '../support/patience.js';
import { someAtOnce } from '../support/some-at-once.js';
import { type EngineStep, engineSteps, isStep } from '../support/steps.js';
import { tracesAfter } from '../support/traces.js';

/** The engine answers late, with an error, not at all, or the connection breaks: at each step of a call. */
const { test, before } = suite('engine disturbed');

let enginePath: string;
before(async () => {
  const { endpoint } = await connect(null);
  assert.ok(endpoint.kind === 'unix');
  enginePath = endpoint.path;
});

const AT_ONCE = 4;
const CLEAN_AFTER_S = 10 * patience;

const disturbances: Readonly<Record<string, Fate>> = {
  late: { kind: 'late', ms: 1500 },
  'server error': { kind: 'refused', status: 500 },
  'client error': { kind: 'refused', status: 400 },
  lost: { kind: 'lost' },
  'cut at once': { kind: 'cut', afterBytes: 0 },
  'cut in the middle': { kind: 'cut', afterBytes: 40 },
};

/** Without these there is no call; the others only add to what is known of it. */
const essential: readonly EngineStep[] = ['image', 'create', 'wait', 'attach', 'start'];
const doing: Partial<Record<EngineStep, RegExp>> = {
  image: /look at an image/,
  create: /create a container/,
  wait: /wait for a container/,
  attach: /attach to a container/,
  start: /start a container/,
};

function assertTold(outcome: Outcome, step: EngineStep): void {
  assert.is(outcome.exitStatus, 'PynisherError', outcome.error?.message);
  assert.match(outcome.error?.message ?? '', doing[step] as RegExp);
}

const since = Math.floor(Date.now() / 1000);
const nothingLeft = async () => assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, pid: process.pid, since }), []);

/** Late is not never; and a container that is refused is asked for again, with less to refuse (src/engine/loopback.ts). */
function isDoneWithout({ step, how }: Case): boolean {
  return how === 'late' || !essential.includes(step) || (step === 'create' && how === 'client error');
}

interface Case {
  readonly method: Context['method'];
  readonly step: EngineStep;
  readonly how: string;
  readonly fate: Fate;
}

const cases: readonly Case[] = (['spawn', 'forkserver'] as const).flatMap((method) =>
  (Object.keys(engineSteps) as EngineStep[]).flatMap((step) =>
    Object.entries(disturbances).map(([how, fate]) => ({ method, step, how, fate })),
  ),
);
const nameOf = ({ method, step, how }: Case) => `${method} ${step} ${how}`;

/** Two calls of which one step is disturbed, once. */
async function disturb({ method, step, fate }: Case): Promise<{ first: Outcome; second: Outcome; inS: number }> {
  let disturbed = 0;
  await using proxy = await openEngineProxy(enginePath, (request) =>
    isStep(step, request) && disturbed++ === 0 ? fate : undefined,
  );
  const limited = enforceLimits({ wallTimeInS: 60, context: getContext(method, { engine: proxy.url }) })((n: number) => n + 1);
  const startedAt = performance.now();
  const first = await limited.run(1);
  const inS = (performance.now() - startedAt) / 1000;
  const second = await limited.run(2);
  await limited.close();
  // What was made though its answer was lost is looked for half a second later, by the same way to the engine.
  await sleep(1500 * patience);
  assert.ok(disturbed > 0, 'the step was never reached');
  return { first, second, inS };
}

test(
  'late, refused, lost or cut: the call is told which step it was, or does without it; the next one works',
  async () => {
    const problems = await someAtOnce(AT_ONCE, cases, nameOf, async (each) => {
      const { first, second, inS } = await disturb(each);
      if (isDoneWithout(each)) assert.equal([first.exitStatus, first.result], [0, 2], first.error?.message);
      else assertTold(first, each.step);
      assert.ok(inS < 30 * patience, `${inS} s`);
      assert.equal([second.exitStatus, second.result], [0, 3], second.error?.message);
    });
    assert.equal(problems, []);
    await nothingLeft();
  },
  { timeoutInS: 300 },
);

test(
  'an answer that never comes is waited for a minute',
  async () => {
    const silent = cases.filter(({ how }) => how === 'lost').map((each) => ({ ...each, fate: { kind: 'swallowed' } as const }));
    const problems = await someAtOnce(silent.length, silent, nameOf, async (each) => {
      const { first, second, inS } = await disturb(each);
      if (essential.includes(each.step)) assertTold(first, each.step);
      else assert.equal([first.exitStatus, first.result], [0, 2], first.error?.message);
      assert.ok(inS < 90 * patience, `${inS} s`);
      assert.equal([second.exitStatus, second.result], [0, 3], second.error?.message);
    });
    assert.equal(problems, []);
    await nothingLeft();
  },
  { timeoutInS: 200 },
);

test('an engine that refuses everything from one moment on, and comes to itself again', async () => {
  let broken = false;
  await using proxy = await openEngineProxy(enginePath, () => (broken ? { kind: 'refused', status: 503 } : undefined));
  const limited = enforceLimits({ wallTimeInS: 60, context: getContext('spawn', { engine: proxy.url }) })(
    () => new Promise((resolve) => setTimeout(resolve, 1000, 'value')),
  );
  const call = limited.run();
  await new Promise((resolve) => setTimeout(resolve, 500));
  broken = true;
  const first = await call;
  assert.ok(first.exitStatus === 0 || first.exitStatus === 'PynisherError', `${first.exitStatus}`);
  assert.is((await limited.run()).exitStatus, 'PynisherError');
  broken = false;
  assert.is((await limited.run()).result, 'value');
  await limited.close();
  await nothingLeft();
});
