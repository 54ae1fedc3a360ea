import * as assert from 'uvu/assert';
import { fromModule } from '../../src/index.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';

const { test, after } = suite('grace period');
const grace = (name: 'returnsInGrace' | 'rejectsWithReason' | 'ignoresIt' | 'listensToSignal' | 'burnsThenReturns') =>
  fromModule<typeof import('../fixtures/functions/grace.js'), typeof name>(
    new URL('../fixtures/functions/grace.ts', import.meta.url),
    name,
  );

/** Loading the module has the same limits, and takes more than half a second where the machine is emulated. */
const LIMIT_IN_S = patience === 1 ? 0.5 : 3;

after(async () => {
  assert.equal(await leftovers(), []);
});

test('a function that returns in it returns its value', async () => {
  const outcome = await enforceLimits({ wallTimeInS: LIMIT_IN_S, gracePeriodInS: 5 })(grace('returnsInGrace')).run();
  assert.is(outcome.exitStatus, 0, outcome.error?.message);
  assert.equal(outcome.result, { reason: 'TimeoutException', rounds: 1 });
  // The limit counts from when the call is sent; on a busy machine the function begins some of that later, and has its own time told.
  assert.ok(outcome.timings.call >= LIMIT_IN_S, `${outcome.timings.call}`);
  assert.ok(outcome.wallClockTime >= 0.8 * LIMIT_IN_S && outcome.wallClockTime < 3 * patience, `${outcome.wallClockTime}`);
});

test("one that rejects with the reason gets the limit's status", async () => {
  const outcome = await enforceLimits({ wallTimeInS: LIMIT_IN_S, gracePeriodInS: 5 })(grace('rejectsWithReason')).run();
  assert.is(outcome.exitStatus, 'TimeoutException');
  assert.ok(outcome.wallClockTime < 3 * patience, 'it ended before the grace period did');
});

test('one that does not return is killed when it is over', async () => {
  const outcome = await enforceLimits({ wallTimeInS: LIMIT_IN_S, gracePeriodInS: 0.4 })(grace('ignoresIt')).run();
  assert.is(outcome.exitStatus, 'TimeoutException');
  assert.ok(outcome.wallClockTime >= LIMIT_IN_S + 0.39 && outcome.wallClockTime < 3 * patience, `${outcome.wallClockTime}`);
});

test('SIGALRM reaches a listener in the function, for wall time', async () => {
  const outcome = await enforceLimits({ wallTimeInS: LIMIT_IN_S, gracePeriodInS: 5 })(grace('listensToSignal')).run();
  assert.is(outcome.unwrap(), 'SIGALRM');
});

test('SIGXCPU and the matching exception, for CPU time', async () => {
  const limits = { cpuTimeInS: LIMIT_IN_S, wallTimeInS: 20, gracePeriodInS: 5 };
  const outcome = await enforceLimits(limits)(grace('burnsThenReturns')).run();
  assert.equal(outcome.unwrap(), ['SIGXCPU', 'CpuTimeoutException']);
});

test('a busy loop hears nothing and is killed', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 0.3, gracePeriodInS: 0.3 })(() => {
    for (;;);
  }).run();
  assert.is(outcome.exitStatus, 'TimeoutException');
});

test('an abort has it too', async () => {
  const controller = new AbortController();
  const call = enforceLimits({ gracePeriodInS: 5, wallTimeInS: 30, signal: controller.signal, captureOutput: true })(
    grace('returnsInGrace'),
  ).run();
  for await (const { data } of call) if (data.includes('waiting')) controller.abort();
  const outcome = await call;
  assert.equal(outcome.result, { reason: 'SignalException', rounds: 1 });
});

test('aborted before it began, nothing is started', async () => {
  const outcome = await enforceLimits({ signal: AbortSignal.abort() })(() => 1).run();
  assert.is(outcome.exitStatus, 'SignalException');
  assert.is(outcome.meter, null);
});
