import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { connect, type Engine } from '../../src/engine/connect.js';
import { ensureImage } from '../../src/engine/image.js';
import { enforceLimits, fromModule, getContext, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { faultFunctions } from '../support/fault-program.js';
import { patience } from '../support/patience.js';
import { someAtOnce } from '../support/some-at-once.js';
import { isStep } from '../support/steps.js';
import { tracesAfter } from '../support/traces.js';

/** Somebody else removes, kills, stops or pauses the container. */
const { test, before } = suite('third party');

let engine: Engine;
let enginePath: string;
before(async () => {
  engine = await connect(null);
  assert.ok(engine.endpoint.kind === 'unix');
  enginePath = engine.endpoint.path;
  // An image that has to be built is tried in a container, too.
  await ensureImage(engine);
});

const CLEAN_AFTER_S = 10 * patience;
const AT_ONCE = 3;
const since = Math.floor(Date.now() / 1000);
const nothingLeft = async () => assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, pid: process.pid, since }), []);

type Container = ReturnType<Engine['docker']['getContainer']>;
const acts = {
  removes: (container: Container) => container.remove({ force: true }),
  kills: (container: Container) => container.kill(),
  stops: (container: Container) => container.stop({ t: 1 }),
  pauses: (container: Container) => container.pause(),
} as const;
type Act = keyof typeof acts;

/** A call through a proxy that has seen which container it runs in. */
async function callSeen(
  method: 'spawn' | 'forkserver',
  name: 'waits' | 'busy' | 'answer',
  wallTimeInS: number,
  use: (call: ReturnType<ReturnType<typeof limit>['run']>, idOf: () => string) => Promise<void>,
  onStart: (id: string) => Promise<void> = async () => {},
): Promise<void> {
  let id = '';
  await using proxy = await openEngineProxy(enginePath, async (request) => {
    if (!isStep('start', request) || id !== '') return undefined;
    id = request.path.split('/')[2] ?? '';
    await onStart(id);
    return undefined;
  });
  const limited = limit(method, name, wallTimeInS, proxy.url);
  await use(limited.run(), () => id);
  await limited.close();
}

function limit(method: 'spawn' | 'forkserver', name: string, wallTimeInS: number, url: string) {
  const context = getContext(method, { engine: url });
  return enforceLimits({ wallTimeInS, context })(
    fromModule<typeof import('../fixtures/faults/functions.js'), 'answer'>(pathToFileURL(faultFunctions), name as 'answer'),
  );
}

function assertTold(outcome: Outcome, act: Act): void {
  if (act === 'pauses') {
    // Nobody knows of it; a function that does not go on meets its wall limit.
    assert.is(outcome.exitStatus, 'TimeoutException', outcome.error?.message);
    return;
  }
  assert.is(outcome.exitStatus, 'PynisherError', outcome.error?.message);
  assert.match(outcome.error?.message ?? '', /somebody else|removed|connection with the container/);
}

test(
  'while the function runs',
  async () => {
    const cases = (['spawn', 'forkserver'] as const).flatMap((method) =>
      (Object.keys(acts) as Act[]).flatMap((act) => (['waits', 'busy'] as const).map((name) => ({ method, act, name }))),
    );
    const problems = await someAtOnce(
      AT_ONCE,
      cases,
      ({ method, act, name }) => `${act} ${name} ${method}`,
      async ({ method, act, name }) => {
        await callSeen(method, name, act === 'pauses' ? 10 : 60, async (call, idOf) => {
          let actedAt = 0;
          for await (const { data } of call) {
            if (!data.toString().includes('called')) continue;
            await acts[act](engine.docker.getContainer(idOf()));
            actedAt = performance.now();
          }
          assertTold(await call, act);
          assert.ok(performance.now() - actedAt < 20_000 * patience);
        });
      },
    );
    assert.equal(problems, []);
    await nothingLeft();
  },
  { timeoutInS: 200 },
);

test('removes it between its creation and its start', async () => {
  await callSeen(
    'spawn',
    'answer',
    30,
    async (call) => {
      const { exitStatus, error } = await call;
      assert.is(exitStatus, 'PynisherError');
      assert.match(error?.message ?? '', /start a container|wait for a container|somebody else|removed/);
    },
    async (id) => void (await acts.removes(engine.docker.getContainer(id))),
  );
  await nothingLeft();
});

for (const act of Object.keys(acts) as Act[]) {
  test(
    `${act} the container that waits for a call: ${act === 'pauses' ? 'the call is told' : 'the call does without it'}`,
    async () => {
      const started: string[] = [];
      await using proxy = await openEngineProxy(enginePath, (request) => {
        if (isStep('start', request)) started.push(request.path.split('/')[2] ?? '');
        return undefined;
      });
      const limited = limit('forkserver', 'answer', 20, proxy.url);
      assert.is((await limited.run()).result, 42);
      while (started.length < 2) await sleep(50);
      const waiting = engine.docker.getContainer(started[1] ?? '');
      while (!(await waiting.inspect()).State.Running) await sleep(50);
      await acts[act](waiting);
      const { exitStatus, error } = await limited.run();
      if (act === 'pauses' && exitStatus !== 0) {
        // It does not take its arguments, for half a minute; or was not even up, for a whole one. (The pool may have given it up by itself.)
        assert.is(exitStatus, 'PynisherError');
        assert.match(error?.message ?? '', /did not take the arguments|was not up after/, error?.message);
      } else assert.is(exitStatus, 0, error?.message);
      assert.is((await limited.run()).result, 42);
      await limited.close();
      await nothingLeft();
    },
    { timeoutInS: 120 },
  );
}
