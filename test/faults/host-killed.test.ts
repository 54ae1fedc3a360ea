import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { deferred } from '../../src/call/deferred.js';
import { connect, type Engine } from '../../src/engine/connect.js';
import { suite } from '../harness.js';
import { type Fate, openEngineProxy } from '../support/engine-proxy.js';
import { type FaultProgram, startFaultProgram } from '../support/fault-program.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { someAtOnce } from '../support/some-at-once.js';
import { type EngineStep, engineSteps, isStep } from '../support/steps.js';
import { REAPED_AFTER_S } from '../support/traces.js';
import { buildVolumeImage, removeVolumeImage } from '../support/volume-image.js';

/** The program gets SIGKILL at each step of a call: what it leaves is gone though no other program of nisher runs. */
const { test, before, after } = suite('host killed');

let engine: Engine;
let enginePath: string;
let image: string;
let own: OwnEngine | undefined;
before(
  async () => {
    // Where no other program is, whose sweep would do for the reaper.
    if (noOwnEngine === null) {
      own = await makeOwnEngine();
      await own.start();
    }
    engine = await connect(own?.url ?? null);
    assert.ok(engine.endpoint.kind === 'unix');
    enginePath = engine.endpoint.path;
    image = await buildVolumeImage(engine);
  },
  { timeoutInS: 120 },
);
after(async () => await (own === undefined ? removeVolumeImage(engine, image) : own.remove()));

const AT_ONCE = 3;

async function killAndLook(program: FaultProgram): Promise<void> {
  program.child.kill('SIGKILL');
  const { signal } = await program.ended;
  assert.is(signal, 'SIGKILL');
  // The calls' own limits (40 s) do not come into it: the reaper is at work at once, and gone with the last container.
  assert.equal(await program.traces(REAPED_AFTER_S), []);
}

/** Before the engine hears of the request, when it has carried it out and nobody has been told, or a moment after it was sent. */
const whens = ['before', 'answered', 'sent'] as const;
type When = (typeof whens)[number];

async function killAtStep(step: EngineStep, when: When, method: string): Promise<void> {
  let program: FaultProgram | undefined;
  let reached = () => {};
  const atStep = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const decide = async (request: { method: string; path: string }): Promise<Fate> => {
    if (program === undefined || !isStep(step, request) || program.child.killed) return undefined;
    if (when === 'answered') return { kind: 'swallowed', answered: reached };
    reached();
    // The engine gets the request of a program that is dead by then, if it is sent.
    const ended = once(program.child, 'exit');
    program.child.kill('SIGKILL');
    await ended;
    return when === 'sent' ? { kind: 'swallowed', detached: true } : { kind: 'lost' };
  };
  await using proxy = await openEngineProxy(enginePath, decide);
  await using started = await startFaultProgram(proxy, 'program', [method, 'answer'], { image });
  program = started;
  await Promise.race([
    atStep,
    started.ended.then(({ stdout, stderr }) => Promise.reject(new Error(`ended: ${stdout}${stderr}`))),
  ]);
  await killAndLook(started);
}

test(
  'at each request to the engine',
  async () => {
    // The look at the image makes nothing, and nor do events.
    const steps = (Object.keys(engineSteps) as EngineStep[]).filter((step) => step !== 'image' && step !== 'events');
    const moments = steps.flatMap((step) => whens.map((when) => ({ step, when, method: 'spawn' })));
    const warm = (['create', 'start'] as const).map((step) => ({ step, when: 'answered' as const, method: 'forkserver' }));
    const problems = await someAtOnce(
      AT_ONCE,
      [...moments, ...warm],
      ({ step, when, method }) => `${method} ${step} ${when}`,
      ({ step, when, method }) => killAtStep(step, when, method),
    );
    assert.equal(problems, []);
  },
  { timeoutInS: 400 },
);

/** Moments of a call in its container; what the program prints then. */
const moments = { loads: 'loading', never: 'called', busy: 'called', waits: 'called', stopped: 'called' } as const;
type Moment = keyof typeof moments;

async function killInFunction(method: string, name: Moment): Promise<void> {
  await using proxy = await openEngineProxy(enginePath, () => undefined);
  await using program = await startFaultProgram(proxy, 'program', [method, name], { image });
  assert.ok(await program.printed(moments[name]), JSON.stringify(await Promise.race([program.ended, sleep(0)])));
  await killAndLook(program);
}

/** With one part of the value here, and the rest on its way. */
async function killAtValue(method: 'spawn' | 'forkserver'): Promise<void> {
  let attached = 0;
  let reached = () => {};
  const halfway = new Promise<void>((resolve) => {
    reached = resolve;
  });
  // What is for a program that is gone is not held back: an engine hears of that only as it writes, and kills nothing whose output is not taken.
  const over = deferred<void>();
  const until = async () => {
    reached();
    await over.promise;
  };
  await using proxy = await openEngineProxy(enginePath, (request) =>
    isStep('attach', request) && attached++ === (method === 'spawn' ? 0 : 1)
      ? { kind: 'halfway', afterBytes: 2 ** 20, until }
      : undefined,
  );
  await using program = await startFaultProgram(proxy, 'program', [method, 'large'], { image });
  void program.ended.then(() => over.resolve());
  await Promise.race([
    halfway,
    program.ended.then(({ stdout, stderr }) => Promise.reject(new Error(`ended: ${stdout}${stderr}`))),
  ]);
  await killAndLook(program);
}

test(
  'the only program there is',
  async () => {
    await killAtStep('create', 'answered', 'spawn');
    await killAtStep('start', 'before', 'spawn');
    for (const name of ['busy', 'stopped'] as const) await killInFunction('spawn', name);
  },
  { timeoutInS: 180 },
);

test(
  'while the module loads or hangs, while the function is busy, waits or is stopped, and with its value on its way',
  async () => {
    const cold = (Object.keys(moments) as Moment[]).map((name) => ({ name, method: 'spawn' as const }));
    // In a container that was ready before.
    const warm = (['busy', 'waits', 'stopped'] as const).map((name) => ({ name, method: 'forkserver' as const }));
    const value = (['spawn', 'forkserver'] as const).map((method) => ({ name: 'large' as const, method }));
    const problems = await someAtOnce(
      AT_ONCE,
      [...warm, ...cold, ...value],
      ({ name, method }) => `${method} ${name}`,
      ({ name, method }) => (name === 'large' ? killAtValue(method) : killInFunction(method, name)),
    );
    assert.equal(problems, []);
  },
  { timeoutInS: 200 },
);

test('while containers wait for calls', async () => {
  await using proxy = await openEngineProxy(enginePath, () => undefined);
  await using program = await startFaultProgram(proxy, 'program', ['forkserver', 'answer', 'then-wait'], { image });
  assert.ok(await program.printed('waiting'));
  await killAndLook(program);
});
