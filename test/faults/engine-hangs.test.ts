import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { ensureImage } from '../../src/engine/image.js';
import { enforceLimits, getContext, type LimitOptions, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { callAt, type Way, wayOf } from '../support/call-at.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { CLEAN_AFTER_S, tracesAfter } from '../support/traces.js';

/** The engine stops answering, and closes no connection: as one that is locked up, or whose machine has vanished behind a network. */
const { test, before, after } = suite('engine hangs');
/** Beyond the limit. */
const TOLD_WITHIN_S = 20 * patience;
const since = Math.floor(Date.now() / 1000);

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

/** Has the engine hang from when the function was called until it is told how that ended. */
async function hangDuring(
  way: Way,
  limits: LimitOptions,
  onHung = () => {},
): Promise<{ outcome: Outcome; inS: number; containers: readonly string[] }> {
  await using call = await callAt(own.socketPath, { ...way, limits });
  try {
    own.hang();
    onHung();
    const told = await call.told();
    return { ...told, containers: [...call.proxy.containers] };
  } finally {
    own.goOn();
  }
}

const nothingLeft = async (containers: readonly string[]) =>
  assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: own.url, pid: process.pid, since, containers }), []);

const hangs: readonly (Way & { phase: Outcome['phase']; stdout: string })[] = [
  { method: 'spawn', moment: 'load', phase: 'load', stdout: 'loading\n' },
  { method: 'spawn', moment: 'waits', phase: 'call', stdout: 'loaded\ncalled\n' },
  { method: 'forkserver', moment: 'waits', phase: 'call', stdout: 'loaded\ncalled\n' },
];
for (const { phase, stdout, ...way } of hangs) {
  test(
    `a wall-time limit is told all the same: ${wayOf(way)}`,
    async () => {
      const { outcome, inS, containers } = await hangDuring(way, { wallTimeInS: 3 });
      assert.is(outcome.exitStatus, 'TimeoutException', outcome.error?.message);
      assert.ok(inS < 3 + TOLD_WITHIN_S, `told after ${inS} s`);
      assert.equal([outcome.phase, outcome.stdout], [phase, stdout]);
      await nothingLeft(containers);
    },
    { unless: noOwnEngine, timeoutInS: 120 },
  );
}

test(
  'a CPU-time limit is told all the same',
  async () => {
    const { outcome, inS, containers } = await hangDuring(
      { method: 'spawn', moment: 'busy' },
      { cpuTimeInS: 2, wallTimeInS: 60 },
    );
    assert.is(outcome.exitStatus, 'CpuTimeoutException', outcome.error?.message);
    assert.ok(inS < 2 + TOLD_WITHIN_S, `told after ${inS} s`);
    await nothingLeft(containers);
  },
  { unless: noOwnEngine, timeoutInS: 120 },
);

test(
  'a call without a limit can be aborted',
  async () => {
    const aborting = new AbortController();
    const { outcome, inS, containers } = await hangDuring(
      { method: 'spawn', moment: 'waits' },
      { signal: aborting.signal },
      () => aborting.abort(),
    );
    assert.is(outcome.exitStatus, 'SignalException', outcome.error?.message);
    assert.ok(inS < TOLD_WITHIN_S, `told after ${inS} s`);
    await nothingLeft(containers);
  },
  { unless: noOwnEngine, timeoutInS: 120 },
);

test(
  'an exit code whose answer never comes is known from what the engine tells unasked',
  async () => {
    const { endpoint } = await connect(null);
    assert.ok(endpoint.kind === 'unix');
    await using proxy = await openEngineProxy(endpoint.path, ({ path }) =>
      /\/wait\?condition=(next-exit|not-running)/.test(path) ? { kind: 'begun' } : undefined,
    );
    const context = getContext('spawn', { engine: proxy.url });
    const start = performance.now();
    const outcome = await enforceLimits({ context })(() => process.exit(3)).run();
    const inS = (performance.now() - start) / 1000;
    assert.equal([outcome.exitStatus, outcome.exitCode], ['AnythingException', 3], outcome.error?.message);
    assert.ok(inS < TOLD_WITHIN_S, `told after ${inS} s`);
    assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, pid: process.pid, since, containers: proxy.containers }), []);
  },
  { timeoutInS: 120 },
);
