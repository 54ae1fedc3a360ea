import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { enforceLimits, fromModule, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { noCgroup } from '../support/engine-under-test.js';
import { leftovers } from '../support/leftovers.js';
import { patience } from '../support/patience.js';

const { test, after } = suite('hostile callers');

after(async () => {
  assert.equal(await leftovers(), []);
});

/** Random moments that are the same in every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a call aborted at any moment has returned, or was aborted', async () => {
  const random = makeRandom(7);
  const abortLater = async (_: unknown, index: number) => {
    const controller = new AbortController();
    const call = enforceLimits({ wallTimeInS: 50, gracePeriodInS: index % 2 === 0 ? 0 : 0.2, signal: controller.signal })(
      () => new Promise((resolve) => setTimeout(resolve, 200, 'value')),
    ).run();
    const timer = setTimeout(() => controller.abort(), random() * 2500);
    const outcome = await call;
    clearTimeout(timer);
    return outcome;
  };
  const outcomes: Outcome[] = [];
  for (let round = 0; round < 4; round++) outcomes.push(...(await Promise.all(Array.from({ length: 6 }, abortLater))));
  for (const { exitStatus, result, error } of outcomes) {
    assert.ok(exitStatus === 0 ? result === 'value' : exitStatus === 'SignalException', `${exitStatus}: ${error?.message}`);
  }
});

test('thirty calls at once', async () => {
  const double = enforceLimits({ wallTimeInS: 50 * patience, memInMb: 64 })((n: number) => n * 2);
  // An emulated machine starts fewer in the minute that an engine has for each of its answers.
  const calls = Array.from({ length: patience === 1 ? 30 : 8 }, (_, n) => n);
  const outcomes = await Promise.all(calls.map((n) => double.run(n)));
  assert.equal(
    outcomes.map(({ exitStatus, result, error }) => error?.message ?? [exitStatus, result]),
    calls.map((n) => [0, n * 2]),
  );
});

test('a wrapper goes on after close', async () => {
  const limited = enforceLimits({ wallTimeInS: 50 })(() => 5);
  await limited.close();
  assert.is(await limited(), 5);
});

const prints = (text: string) => {
  console.log('first');
  return new Promise((resolve) => setTimeout(() => resolve(process.stdout.write(text)), 300));
};

test('two readers of one call both see its end', async () => {
  const call = enforceLimits({ wallTimeInS: 50 })(prints).run('second\n');
  const read = async () => {
    let text = '';
    for await (const { data } of call) text += data.toString();
    return text;
  };
  const texts = await Promise.all([read(), read()]);
  assert.is(texts.join('').length, 'first\nsecond\n'.length);
  assert.is((await call).exitStatus, 0);
});

test('a reader that stops reading keeps nobody from the wall limit', async () => {
  const call = enforceLimits({ wallTimeInS: 2 * Math.min(patience, 5), maxOutputInMb: null })(prints).run('x'.repeat(2 ** 24));
  await call[Symbol.asyncIterator]().next();
  const { exitStatus, exitCode } = await call;
  assert.is(exitStatus, 'TimeoutException');
  // Its output is let go for the kill: where that takes a connection of its own, as through ssh, the function may get to its end first.
  if (noCgroup === null) assert.is(exitCode, 137);
});

test('nor does one that stops while the module is loading', async () => {
  const limits = { wallTimeInS: 3 * Math.min(patience, 5), maxOutputInMb: null };
  const module = new URL('../fixtures/hostile/prints-at-load.ts', import.meta.url);
  const call = enforceLimits(limits)(fromModule(module, 'default')).run();
  await call[Symbol.asyncIterator]().next();
  const { exitStatus, exitCode, phase } = await call;
  assert.equal([exitStatus, phase], ['TimeoutException', 'load']);
  if (noCgroup === null) assert.is(exitCode, 137);
});

test('a program that is held up meanwhile is told of the CPU limit all the same: the kernel has its own', async () => {
  const call = enforceLimits({ cpuTimeInS: 1, wallTimeInS: 100, captureOutput: true })(() => {
    console.log('called');
    for (;;);
  }).run();
  for await (const { data } of call) {
    if (!data.toString().includes('called')) continue;
    // It ends a process after the limit and five seconds more.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
  }
  const { exitStatus, error } = await call;
  assert.is(exitStatus, 'CpuTimeoutException', error?.message);
});

const containersOf = async (pid: number) => {
  const { docker } = await connect(null);
  const containers = await docker.listContainers({ all: true, filters: { label: ['nisher.owner'] } });
  return containers.filter(({ Labels }) => new RegExp(`\\b${pid}\\b`).test(Labels['nisher.owner'] ?? ''));
};

for (const how of ['exit', 'throw', 'SIGKILL']) {
  test(`a program that ends in the middle of a call by ${how}: the container is gone within 10 s`, async () => {
    const file = fileURLToPath(new URL('../fixtures/hostile/dies-mid-call.ts', import.meta.url));
    const program = spawn(process.execPath, ['--import', 'tsx', file, how], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(program, 'exit');
    let seen = 0;
    for await (const chunk of program.stdout)
      if (String(chunk).includes('under way')) seen = (await containersOf(program.pid ?? 0)).length;
    // And one for the next call, if it was that far.
    assert.ok(seen >= 1, `${seen}`);
    await ended;
    const endedAt = performance.now();
    while ((await containersOf(program.pid ?? 0)).length > 0) {
      assert.ok(performance.now() - endedAt < 10_000 * patience, 'the container is still there');
      await sleep(100);
    }
  });
}
