import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { connect, type Engine } from '../../src/engine/connect.js';
import { type Context, enforceLimits, fromModule, getContext, type LimitOptions, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { callAt, wayOf, ways } from '../support/call-at.js';
import { type EngineProxy, type Fate, openEngineProxy, type ProxiedRequest } from '../support/engine-proxy.js';
import { faultFunctions } from '../support/fault-program.js';
import { patience } from '../support/patience.js';
import { someAtOnce } from '../support/some-at-once.js';
import { type EngineStep, engineSteps, essentialSteps, isStep } from '../support/steps.js';
import { CLEAN_AFTER_S, tracesAfter } from '../support/traces.js';
import { buildVolumeImage, removeVolumeImage } from '../support/volume-image.js';

/** The engine answers late, with an error, not at all, or the connection breaks: at each step of a call. */
const { test, before, after } = suite('engine disturbed');

let engine: Engine;
let enginePath: string;
let image: string;
before(async () => {
  engine = await connect(null);
  assert.ok(engine.endpoint.kind === 'unix');
  enginePath = engine.endpoint.path;
  image = await buildVolumeImage(engine);
});
after(async () => await removeVolumeImage(engine, image));

const AT_ONCE = 4;
const TOLD_WITHIN_S = 30 * patience;

const disturbances: Readonly<Record<string, Fate>> = {
  late: { kind: 'late', ms: 1500 },
  'server error': { kind: 'refused', status: 500 },
  'client error': { kind: 'refused', status: 400 },
  'done, and an error': { kind: 'belied', status: 500 },
  lost: { kind: 'lost' },
  'cut at once': { kind: 'cut', afterBytes: 0 },
  'cut in the middle': { kind: 'cut', afterBytes: 40 },
};

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

function assertIs({ exitStatus, result, error }: Outcome, value: unknown): void {
  assert.equal([exitStatus, result], [0, value], error?.message);
}

const nothingLeft = async ({ containers }: EngineProxy) =>
  assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, containers }), []);
const nothingLeftOfAny = async () =>
  assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, containers: [], pid: process.pid }), []);

/** What a proxy does with requests, once each. */
const once = (fates: Partial<Record<EngineStep, Fate>>) => {
  const left = new Map(Object.entries(fates) as [EngineStep, Fate][]);
  const decide = (request: ProxiedRequest): Fate => {
    const step = [...left.keys()].find((name) => isStep(name, request));
    if (step === undefined) return undefined;
    const fate = left.get(step);
    left.delete(step);
    return fate;
  };
  return { decide, assertAllMet: () => assert.equal([...left.keys()], [], 'steps that were never reached') };
};

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

/** Late is not never; and a container that is refused is asked for again, with less to refuse (src/engine/loopback.ts). */
function isDoneWithout({ step, how }: Case): boolean {
  return how === 'late' || !essentialSteps.includes(step) || (step === 'create' && how === 'client error');
}

/** Two calls of which one step is disturbed, once. */
async function disturb(each: Case, toldWithinInS: number): Promise<void> {
  const { method, step, how, fate } = each;
  const { decide, assertAllMet } = once({ [step]: fate });
  await using proxy = await openEngineProxy(enginePath, decide);
  const limited = enforceLimits({ wallTimeInS: 60, context: getContext(method, { engine: proxy.url, image }) })(
    (n: number) => n + 1,
  );
  const startedAt = performance.now();
  const first = await limited.run(1);
  const inS = (performance.now() - startedAt) / 1000;
  const second = await limited.run(2);
  await limited.close();
  assertAllMet();
  assertIs(second, 3);
  if (isDoneWithout(each)) {
    assertIs(first, 2);
    // The container's process, and with it its cgroup, is known from there.
    assert.is(first.meter, step === 'inspect' && how !== 'late' ? 'engine' : second.meter);
  } else assertTold(first, step);
  assert.ok(inS < toldWithinInS, `${inS} s`);
  await nothingLeft(proxy);
}

test(
  'late, refused, lost or cut: the call is told which step it was, or does without it; the next one works',
  async () => {
    assert.equal(await someAtOnce(AT_ONCE, cases, nameOf, (each) => disturb(each, TOLD_WITHIN_S)), []);
    await nothingLeftOfAny();
  },
  { timeoutInS: 400 },
);

test('success without what was asked for is said to be no engine, and costs no other call', async () => {
  for (const step of ['image', 'create'] as const) {
    const { decide, assertAllMet } = once({ [step]: { kind: 'refused', status: 200 } });
    const outcome = await callDisturbed('answer', decide);
    assertAllMet();
    assertTold(outcome, step);
    assert.match(outcome.error?.message ?? '', /it says that it has, without/);
    assert.match(outcome.error?.hint ?? '', /Is it a Docker engine/);
  }
  await nothingLeftOfAny();
});

test(
  'an answer that never comes is waited for a minute',
  async () => {
    const silent = cases.filter(({ how }) => how === 'lost').map((each) => ({ ...each, fate: { kind: 'swallowed' } as const }));
    assert.equal(await someAtOnce(silent.length, silent, nameOf, (each) => disturb(each, 90 * patience)), []);
    await nothingLeftOfAny();
  },
  { timeoutInS: 200 },
);

/** One call with several things disturbed, of a function that does not return at once. */
async function callDisturbed(
  name: 'exits' | 'dies' | 'busy' | 'answer' | 'returnsLater',
  decide: (request: ProxiedRequest) => Fate,
  limits: LimitOptions = {},
  whenCalled: (proxy: EngineProxy) => void = () => {},
): Promise<Outcome> {
  await using proxy = await openEngineProxy(enginePath, decide);
  const context = getContext('spawn', { engine: proxy.url, image });
  const limited = enforceLimits({ wallTimeInS: 60, captureOutput: true, ...limits, context })(
    fromModule<typeof import('../fixtures/faults/functions.js'), typeof name>(pathToFileURL(faultFunctions), name),
  );
  const since = performance.now();
  const call = limited.run();
  for await (const { data } of call) if (data.toString().includes('called')) whenCalled(proxy);
  const outcome = await call;
  const inS = (performance.now() - since) / 1000;
  await limited.close();
  assert.ok(inS < TOLD_WITHIN_S, `${inS} s`);
  await nothingLeft(proxy);
  return outcome;
}

test(
  'where usage can only be had of the engine, a limit on CPU time is kept',
  async () => {
    const kinds = ['server error', 'lost'];
    const problems = await someAtOnce(kinds.length, kinds, String, async (how) => {
      const { decide, assertAllMet } = once({ inspect: disturbances[how] });
      const { exitStatus, meter, cpuTime, error } = await callDisturbed('busy', decide, { cpuTimeInS: 1 });
      assertAllMet();
      assert.equal([exitStatus, meter], ['CpuTimeoutException', 'engine'], error?.message);
      assert.ok(cpuTime >= 1, `${cpuTime}`);
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 90 },
);

test(
  'refused, and its removal refused or lost, too: nothing is left all the same',
  async () => {
    const rows = (['start', 'attach', 'wait'] as const).flatMap((step) =>
      (['server error', 'lost', 'done, and an error'] as const).map((how) => ({ step, how })),
    );
    const problems = await someAtOnce(
      AT_ONCE,
      rows,
      ({ step, how }) => `${step} ${how}`,
      async ({ step, how }) => {
        const { decide, assertAllMet } = once({ [step]: { kind: 'refused', status: 500 }, remove: disturbances[how] });
        assertTold(await callDisturbed('answer', decide), step);
        assertAllMet();
      },
    );
    assert.equal(problems, []);
  },
  { timeoutInS: 120 },
);

/** An inspection, but for the one after the start. */
function atTheEnd(fate: Fate): (request: ProxiedRequest) => Fate {
  let inspections = 0;
  return (request) => (isStep('inspect', request) && inspections++ > 0 ? fate : undefined);
}
const each =
  (step: EngineStep, fate: Fate) =>
  (request: ProxiedRequest): Fate =>
    isStep(step, request) ? fate : undefined;
const cutWait = (proxy: EngineProxy) =>
  void assert.is(
    proxy.cut((request) => isStep('wait', request)),
    1,
  );
const cutEvents = (proxy: EngineProxy) =>
  void assert.is(
    proxy.cut((request) => isStep('events', request)),
    1,
  );

/** What tells of a container's end is disturbed, while a function runs that ends its process a second later. */
const ends: readonly {
  readonly name: string;
  readonly decide?: (request: ProxiedRequest) => Fate;
  readonly whenCalled?: (proxy: EngineProxy) => void;
}[] = [
  ...Object.entries(disturbances).map(([how, fate]) => ({ name: `inspection at the end ${how}`, decide: atTheEnd(fate) })),
  { name: 'the wait is cut', whenCalled: cutWait },
  { name: 'the wait is accepted, and its answer never comes', decide: each('wait', { kind: 'begun' }) },
  { name: 'the events are cut', whenCalled: cutEvents },
  { name: 'the events are refused', decide: each('events', { kind: 'refused', status: 500 }) },
  { name: 'the events begin, and never come', decide: each('events', { kind: 'begun' }) },
  {
    name: 'the wait and the events are cut',
    whenCalled: (proxy) => {
      cutWait(proxy);
      cutEvents(proxy);
    },
  },
  {
    name: 'the wait is cut, and every inspection at the end refused',
    decide: atTheEnd({ kind: 'refused', status: 500 }),
    whenCalled: cutWait,
  },
];

test(
  "how a function's process ended is known as long as anything tells of it",
  async () => {
    const rows = ends.flatMap((end) => (['exits', 'dies'] as const).map((name) => ({ ...end, function: name })));
    const problems = await someAtOnce(
      AT_ONCE,
      rows,
      (row) => `${row.function}: ${row.name}`,
      async ({ decide = () => undefined, whenCalled, function: name }) => {
        const outcome = await callDisturbed(name, decide, {}, whenCalled);
        const { exitStatus, exitCode, signal, error } = outcome;
        const expected = name === 'exits' ? ['AnythingException', 3, null] : ['SignalException', 143, 'SIGTERM'];
        assert.equal([exitStatus, exitCode, signal], expected, error?.message);
      },
    );
    assert.equal(problems, []);
  },
  { timeoutInS: 150 },
);

test(
  'the connection with the container breaks: while the module loads, the function runs, or its value is on its way',
  async () => {
    const problems = await someAtOnce(AT_ONCE, ways, wayOf, async (way) => {
      await using at = await callAt(enginePath, { ...way, limits: { wallTimeInS: 60 }, image });
      const isIts = (request: ProxiedRequest) => isStep('attach', request) && request.path.includes(at.id);
      assert.is(at.proxy.cut(isIts), 1);
      const { outcome, inS } = await at.told();
      assert.is(outcome.exitStatus, 'PynisherError', outcome.error?.message);
      assert.match(outcome.error?.message ?? '', /connection.* broke/);
      assert.is(outcome.phase, way.moment === 'load' ? 'load' : 'call');
      assert.ok(inS < TOLD_WITHIN_S, `${inS} s`);
      await at.close();
      await nothingLeft(at.proxy);
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 150 },
);

test('an engine that refuses everything from one moment on, and comes to itself again', async () => {
  let broken = false;
  await using proxy = await openEngineProxy(enginePath, () => (broken ? { kind: 'refused', status: 503 } : undefined));
  const context = getContext('spawn', { engine: proxy.url, image });
  const limited = enforceLimits({ wallTimeInS: 60, captureOutput: true, context })(
    fromModule<typeof import('../fixtures/faults/functions.js'), 'returnsLater'>(pathToFileURL(faultFunctions), 'returnsLater'),
  );
  const call = limited.run();
  for await (const { data } of call) if (data.toString().includes('called')) broken = true;
  // What it is asked for after that cannot change it: the connection with the container was there before.
  assertIs(await call, 42);
  assert.ok(broken);
  assertTold(await limited.run(), 'create');
  broken = false;
  assertIs(await limited.run(), 42);
  await limited.close();
  await nothingLeft(proxy);
  await nothingLeftOfAny();
});
