import * as assert from 'uvu/assert';
import { enforceLimits } from '../../src/index.js';
import { hostileSuite } from '../support/hostile-suite.js';
import { patience } from '../support/patience.js';

const { test } = hostileSuite('a wall clock that jumps');
const DAY_IN_MS = 86_400_000;

/** As when somebody sets the machine's clock, again and again: each look at it is days from the last, forwards and back. */
async function whileClockJumps(act: () => Promise<void>): Promise<void> {
  const { now } = Date;
  let looks = 0;
  Date.now = () => now() + (++looks % 2 === 0 ? -2 : 3) * looks * DAY_IN_MS;
  try {
    await act();
  } finally {
    Date.now = now;
  }
  assert.ok(looks > 0, 'nobody looked at the clock: nothing was tried');
}

for (const [method, calls] of [
  ['in a container of its own', 1],
  ['in a container that waited', 3],
] as const) {
  test(`a value comes, ${method}`, async () => {
    await using limited = enforceLimits({ wallTimeInS: 20, cpuTimeInS: 20 })(async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return ms;
    });
    await whileClockJumps(async () => {
      for (let call = 0; call < calls; call++) {
        const { exitStatus, result, wallClockTime } = await limited.run(500);
        assert.equal([exitStatus, result], [0, 500]);
        assert.ok(wallClockTime >= 0.49 && wallClockTime < 0.5 + 5 * patience, `${wallClockTime} s`);
      }
    });
  });
}

test('limits are those of a clock that does not jump', async () => {
  await using sleeps = enforceLimits({ wallTimeInS: 2 })(() => new Promise((resolve) => setTimeout(resolve, 60_000)));
  await using listens = enforceLimits({ wallTimeInS: 2, gracePeriodInS: 1 })(
    () => new Promise((resolve) => setTimeout(resolve, 60_000)),
  );
  await using works = enforceLimits({ cpuTimeInS: 0.5, wallTimeInS: 90 })(() => {
    for (;;);
  });
  await whileClockJumps(async () => {
    const [slept, listened, worked] = await Promise.all([sleeps.run(), listens.run(), works.run()]);
    assert.equal(
      [slept, listened, worked].map(({ exitStatus, exitCode, phase }) => [exitStatus, exitCode, phase]),
      [
        ['TimeoutException', 137, 'call'],
        ['TimeoutException', 137, 'call'],
        ['CpuTimeoutException', 137, 'call'],
      ],
    );
    assert.ok(slept.wallClockTime >= 1.99 && slept.wallClockTime < 2 + 5 * patience, `${slept.wallClockTime} s`);
    assert.ok(listened.wallClockTime >= 2.99 && listened.wallClockTime < 3 + 5 * patience, `${listened.wallClockTime} s`);
    assert.ok(worked.cpuTime >= 0.5 && worked.cpuTime < 1 * patience, `${worked.cpuTime} s`);
  });
});

test('a call that the caller ends, and a date, are what they are', async () => {
  const stop = new AbortController();
  await using limited = enforceLimits({ wallTimeInS: 20, signal: stop.signal })(async (date: Date, ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return date;
  });
  await whileClockJumps(async () => {
    assert.equal((await limited.run(new Date(0), 0)).unwrap(), new Date(0));
    const running = limited.run(new Date(0), 60_000);
    setTimeout(() => stop.abort(), 500);
    const { exitStatus, signal } = await running;
    assert.equal([exitStatus, signal], ['SignalException', 'SIGTERM']);
  });
});
