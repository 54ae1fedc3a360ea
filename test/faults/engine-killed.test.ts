import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { ensureImage } from '../../src/engine/image.js';
import { enforceLimits, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { callAt, watchedFunction, wayOf, ways } from '../support/call-at.js';
import { type EngineProxy, type Fate, openEngineProxy, type ProxiedRequest } from '../support/engine-proxy.js';
import { startFaultProgram } from '../support/fault-program.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { type EngineStep, engineSteps, isStep } from '../support/steps.js';
import { CLEAN_AFTER_S, REAPED_AFTER_S, tracesAfter } from '../support/traces.js';
import { buildVolumeImage } from '../support/volume-image.js';

/** The engine gets SIGKILL and is started again, at each step of a call. */
const { test, before, after } = suite('engine killed', { unless: noOwnEngine, timeoutInS: 120 });

const TOLD_WITHIN_S = 20 * patience;

let own: OwnEngine;
before(
  async () => {
    if (noOwnEngine !== null) return;
    own = await makeOwnEngine();
    await own.start();
    await ensureImage(await connect(own.url));
  },
  { timeoutInS: 120 },
);
after(async () => {
  if (noOwnEngine === null) await own.remove();
});

/** A call of its own through a proxy. */
async function callThrough({ url }: EngineProxy): Promise<Outcome> {
  const context = getContext('spawn', { engine: url });
  const limited = enforceLimits({ wallTimeInS: 60, context })(() => 42);
  const outcome = await limited.run();
  await limited.close();
  return outcome;
}

/** With the seconds until the call was told. */
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

const nothingLeft = async ({ containers }: EngineProxy, seconds = CLEAN_AFTER_S) =>
  assert.equal(await tracesAfter(seconds, { engine: own.url, pid: process.pid, containers }), []);

/** Before the engine hears of it, or when it has carried it out and nobody has been told. */
const whens = ['before it hears of', 'when it has done, and has not told of'] as const;
type When = (typeof whens)[number];

async function killAtStep(step: EngineStep, when: When): Promise<void> {
  await own.start();
  let kills = 0;
  let killing: Promise<void> = Promise.resolve();
  const kill = () => {
    kills++;
    // Its own connections end with it; those that the proxy has on its behalf do, too.
    killing = own.stop('SIGKILL').then(() => void proxy.cut(() => true));
  };
  const decide = async (request: ProxiedRequest): Promise<Fate> => {
    if (kills === 0 && isStep(step, request)) {
      if (when === 'when it has done, and has not told of') return { kind: 'swallowed', answered: kill };
      kill();
    }
    await killing;
    return undefined;
  };
  await using proxy = await openEngineProxy(own.socketPath, decide);
  const told = await timed(callThrough(proxy));
  // What is asked for when the function has returned cannot change that.
  if (step === 'remove') assertAnswers(told.outcome);
  else assertTold(told);
  assertTold(await timed(callThrough(proxy)));
  assert.is(kills, 1, 'never reached');
  await own.start();
  assertAnswers(await callThrough(proxy));
  await nothingLeft(proxy);
}

for (const step of Object.keys(engineSteps) as EngineStep[]) {
  // The look at the image makes nothing, and events are one witness among several.
  if (step === 'image' || step === 'events') continue;
  test(`${whens[0]}: ${step}`, () => killAtStep(step, whens[0]));
  // Of the others nothing comes that was not there before; a wait and an attach are answered as long as the container lives.
  if (step === 'create' || step === 'start' || step === 'remove')
    test(`${whens[1]}: ${step}`, () => killAtStep(step, whens[1]));
}

for (const way of ways) {
  test(`while it runs: ${wayOf(way)}`, async () => {
    await own.start();
    await using at = await callAt(own.socketPath, { ...way, limits: { wallTimeInS: 60 } });
    // Amid a container's start, Docker 20.10 leaves the container's shim, of which it knows nothing when it is back.
    await at.settled();
    await own.stop('SIGKILL');
    const told = await at.told();
    assertTold(told);
    assert.is(told.outcome.phase, way.moment === 'load' ? 'load' : 'call');
    await own.start();
    await at.close();
    assertAnswers(await callThrough(at.proxy));
    await nothingLeft(at.proxy);
  });
}

for (const name of ['loads', 'busy', 'waits']) {
  test(`together with the program, whose ${name === 'loads' ? 'module loads' : `function ${name === 'busy' ? 'is busy' : 'waits'}`}`, async () => {
    await own.start();
    await using proxy = await openEngineProxy(own.socketPath, () => undefined);
    await using program = await startFaultProgram(proxy, 'program', ['spawn', name]);
    assert.ok(await program.printed(name === 'loads' ? 'loading' : 'called'));
    await Promise.all([own.stop('SIGKILL'), program.child.kill('SIGKILL')]);
    await program.ended;
    await own.start();
    assert.equal(await program.traces(REAPED_AFTER_S), []);
  });
}

/** A function that has been called, and for whose next call a container waits. */
async function warmFunction() {
  await own.start();
  const limited = await watchedFunction(own.socketPath, {
    method: 'forkserver',
    name: 'answer',
    limits: { wallTimeInS: 60 },
  });
  assertAnswers(await limited.run());
  await limited.untilLoaded(2);
  return limited;
}

test('with containers that wait for calls: calls fail while there is no engine, and none fails when it is back', async () => {
  await using limited = await warmFunction();
  await own.stop('SIGKILL');
  // Containers outlive a dockerd that is killed, but not what connects them with us.
  assertTold(await timed(limited.run()));
  await own.start();
  for (let n = 0; n < 3; n++) assertAnswers(await limited.run());
  await limited.close();
  await nothingLeft(limited.proxy);
});

test('gone and back between two calls: that costs neither of them', async () => {
  await using limited = await warmFunction();
  await own.stop('SIGKILL');
  await own.start();
  assertAnswers(await limited.run());
  await limited.close();
  await nothingLeft(limited.proxy);
});

// The last: what it finds, the others would, too.
test('a volume of the image goes with a container that is killed', async () => {
  await own.start();
  const image = await buildVolumeImage(await connect(own.url));
  await using at = await callAt(own.socketPath, { method: 'spawn', moment: 'waits', limits: { wallTimeInS: 60 }, image });
  await own.stop('SIGKILL');
  assertTold(await at.told());
  await own.start();
  await at.close();
  await nothingLeft(at.proxy);
});
