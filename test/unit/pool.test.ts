import * as assert from 'uvu/assert';
import { createPool, type PoolOptions } from '../../src/engine/pool.js';
import { createStarts } from '../../src/engine/starts.js';
import { suite } from '../harness.js';
import { createFakeClock } from '../support/fake-clock.js';

const { test } = suite('pool');

interface Thing {
  readonly number: number;
  usable: boolean;
}

/** A pool of numbered things; starting one ends when told to. */
function pooled(options: Partial<PoolOptions<Thing>> = {}) {
  const clock = createFakeClock();
  const started: Thing[] = [];
  const ended: number[] = [];
  const pending: (() => void)[] = [];
  const pool = createPool<Thing>({
    start: () =>
      new Promise((resolve) => {
        const thing = { number: started.length + 1, usable: true };
        started.push(thing);
        pending.push(() => resolve(thing));
      }),
    settled: async () => {},
    discard: async ({ number }) => void ended.push(number),
    isUsable: ({ usable }) => usable,
    most: 10,
    comesBack: () => false,
    idleTimeInS: 10,
    starts: createStarts(2),
    after: clock.after,
    ...options,
  });
  const settle = async () => {
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    for (const go of pending.splice(0)) go();
    await turn();
  };
  const take = async () => {
    const taking = pool.take();
    await settle();
    return taking;
  };
  return { pool, clock, started, ended, settle, take, numbers: () => started.map(({ number }) => number) };
}

test('the first is started on demand, the next is ready', async () => {
  const { pool, settle, take } = pooled();
  const first = await take();
  assert.equal([first.item.number, first.warm], [1, false]);
  pool.refill();
  await settle();
  const second = await take();
  assert.equal([second.item.number, second.warm], [2, true]);
});

test('none is made ready in the place of those that come back', async () => {
  const { pool, settle, take, numbers } = pooled({ comesBack: () => true });
  const first = await take();
  const second = await take();
  pool.putBack(first.item);
  pool.refill();
  await settle();
  assert.equal(numbers(), [1, 2]);
  pool.usedUp(second.item);
  pool.refill();
  await settle();
  assert.equal(numbers(), [1, 2, 3]);
});

test('nothing is started ahead before something was needed', async () => {
  const { pool, settle, numbers } = pooled();
  pool.refill();
  await settle();
  assert.equal(numbers(), []);
});

test('as many are made ready as were in use at once, and no more than allowed', async () => {
  for (const [most, expected] of [
    [10, 3],
    [2, 2],
    [0, 0],
  ] as const) {
    const { pool, settle, take, started } = pooled({ most });
    await Promise.all([take(), take(), take()]);
    for (let round = 0; round < 4; round++) {
      pool.refill();
      await settle();
    }
    assert.is(started.length - 3, expected, `most ${most}`);
  }
});

test('no more are started ahead at once than the machine has cores', async () => {
  const { pool, settle, take, started } = pooled();
  await Promise.all([take(), take(), take(), take(), take()]);
  pool.refill();
  const counts = [started.length];
  for (let round = 0; round < 3; round++) {
    await settle();
    counts.push(started.length);
  }
  assert.equal(counts, [7, 9, 10, 10]);
});

test('one that is being started goes to whoever needs one next', async () => {
  const { pool, settle, take } = pooled();
  await take();
  pool.refill();
  const taking = pool.take();
  await settle();
  const { item, warm } = await taking;
  assert.equal([item.number, warm], [2, true]);
});

test('one that died while it waited is passed over', async () => {
  const { pool, settle, take, started, ended } = pooled();
  await Promise.all([take(), take()]);
  pool.refill();
  await settle();
  const third = started[2];
  assert.ok(third);
  third.usable = false;
  assert.is((await take()).item.number, 4);
  assert.equal(ended, [3]);
});

test('one that nobody needs is ended, and no other takes its place', async () => {
  const { pool, clock, settle, take, started, ended } = pooled();
  pool.usedUp((await take()).item);
  pool.refill();
  await settle();
  clock.advance(9.9);
  assert.equal(ended, []);
  clock.advance(0.2);
  assert.equal(ended, [2]);
  pool.refill();
  await settle();
  assert.is(started.length, 2);
});

test('one that is put back is used again', async () => {
  const { pool, take, started } = pooled();
  const { item } = await take();
  pool.putBack(item);
  const again = await take();
  assert.equal([again.item, again.warm, started.length], [item, true, 1]);
});

test('when one cannot be started ahead, whoever needs it tries again and hears why', async () => {
  let fail = false;
  const { pool, take } = pooled({
    start: async () => {
      if (fail) throw new Error('no engine');
      return { number: 1, usable: true };
    },
  });
  await take();
  fail = true;
  pool.refill();
  let message = '';
  await pool.take().catch((error: Error) => {
    message = error.message;
  });
  assert.is(message, 'no engine');
});

test('close ends what waits and what is being started', async () => {
  const { pool, settle, take, ended } = pooled();
  const [first] = await Promise.all([take(), take()]);
  pool.refill();
  await settle();
  pool.usedUp(first.item);
  const closing = pool.close();
  await settle();
  await closing;
  assert.equal(ended.sort(), [3, 4]);
});
