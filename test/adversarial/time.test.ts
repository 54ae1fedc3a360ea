import * as assert from 'uvu/assert';
import { type Case, guest, hostileSuite } from '../support/hostile-suite.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';

const { cases, test } = hostileSuite('hostile use of time');
/** Seconds that a busy machine may take to see a limit met and to end a container. */
const LATE_IN_S = 5 * patience;
/** CPU seconds that are used from the moment in which a limit is met to the end. */
const CPU_LATE_IN_S = 0.5 * patience;
// Loading has the same limit, and a busy machine may take a second for it.
const limits = { wallTimeInS: 2 };
const withGrace = { ...limits, gracePeriodInS: 0.3 };
const stopped = { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call', result: null } as const;
const usedUp = { exitStatus: 'CpuTimeoutException', exitCode: 137, phase: 'call', result: null } as const;

const attempts: { readonly [name: string]: Case } = {
  'a busy loop meets the wall limit': {
    limits,
    call: () => {
      for (;;);
    },
    expected: stopped,
  },
  'a busy loop meets the CPU limit': {
    limits: { cpuTimeInS: 0.5, wallTimeInS: 90 },
    call: () => {
      for (;;);
    },
    expected: usedUp,
  },
  'native code is stopped': {
    limits,
    call: async () => (await import('node:crypto')).pbkdf2Sync('x', 'y', 1e9, 64, 'sha512'),
    expected: stopped,
  },
  'native code in the thread pool is stopped': {
    limits: { cpuTimeInS: 0.5, wallTimeInS: 90 },
    call: async () => {
      const { pbkdf2 } = await import('node:crypto');
      for (let count = 0; count < 4; count++) pbkdf2('x', 'y', 1e9, 64, 'sha512', () => {});
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    },
    expected: usedUp,
  },
  // One of them takes a second and 50 MB: a larger one can be too much for the memory before the time is over.
  'a power of big integers is stopped': {
    limits,
    call: (n: bigint) => {
      while (3n ** (3n ** n) > 0n);
    },
    args: [16n],
    expected: stopped,
  },
  'a regular expression is stopped': {
    limits: { cpuTimeInS: 0.5, wallTimeInS: 90 },
    call: () => /^(a+)+$/.test(`${'a'.repeat(50)}b`),
    expected: usedUp,
  },
  'WebAssembly is stopped': { limits, call: guest('time/infinite-wasm'), expected: stopped },
  'microtasks that starve everything else are stopped': {
    limits,
    call: async () => {
      for (;;) await null;
    },
    expected: stopped,
  },
  'ticks that starve everything else are stopped': {
    limits,
    call: () => {
      const again = () => process.nextTick(again);
      again();
      return new Promise(() => {});
    },
    expected: stopped,
  },
  'timers that make timers are stopped': {
    limits: { ...limits, memInMb: 512 },
    call: guest('time/floods-timers'),
    expected: stopped,
  },
  'Atomics.wait is stopped': {
    limits,
    call: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
    expected: stopped,
  },
  'threads that work while the main one sleeps are counted': {
    limits: { cpuTimeInS: 0.8, wallTimeInS: 90 },
    call: guest('time/busy-in-threads'),
    expected: usedUp,
  },
  'children that have ended are counted': {
    limits: { cpuTimeInS: 0.6, wallTimeInS: 90 },
    call: guest('time/busy-in-children'),
    expected: usedUp,
  },
  'SIGSTOP to itself is no way out, in spite of a grace period': {
    limits: withGrace,
    call: () => process.kill(process.pid, 'SIGSTOP'),
    expected: stopped,
  },
  'SIGSTOP to everything is no way out': {
    limits: withGrace,
    call: guest('processes/child-signals-all'),
    args: ['SIGSTOP'],
    expected: stopped,
  },
  'a stopped child that is waited for is no way out': {
    limits: withGrace,
    call: guest('time/waits-for-stopped-child'),
    expected: stopped,
  },
  'ignored signals end with the grace period': { limits: withGrace, call: guest('time/ignores-signals'), expected: stopped },
  'a loop that hears no signal ends with the grace period': {
    limits: withGrace,
    call: () => {
      for (;;);
    },
    expected: stopped,
    check: ({ wallClockTime }) => assert.ok(wallClockTime >= 2.2, `${wallClockTime} s`),
  },
  'an exit in the grace period is the limit all the same': {
    limits: { ...limits, gracePeriodInS: 20 },
    call: guest('time/exits-in-grace-period'),
    expected: { ...stopped, exitCode: 3 },
  },
  'an error thrown at the notice is the limit all the same': {
    limits: { ...limits, gracePeriodInS: 20 },
    call: guest('time/throws-in-notice'),
    expected: { ...stopped, exitCode: 1 },
  },
  'clocks replaced change nothing': { limits, call: guest('time/replaces-clocks'), expected: stopped },
  'an exit listener that never ends is stopped': { limits, call: guest('time/works-in-exit-listener'), expected: stopped },
  'a module that never loads meets the wall limit': {
    limits,
    call: guest('time/never-loads'),
    expected: { ...stopped, phase: 'load' },
  },
  'a module that never loads meets the CPU limit': {
    limits: { cpuTimeInS: 0.5, wallTimeInS: 90 },
    call: guest('time/never-loads'),
    expected: { ...usedUp, phase: 'load' },
  },
  'a higher priority is refused': {
    call: async () => (await import('node:os')).setPriority(-20),
    expected: { exitStatus: 'SubprocessException', osErrno: 13 },
  },
};
cases(
  Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => [name, { ...attempt, check: endsAtItsLimit(attempt) }])),
);

/** At the limit that its outcome names, or a little later. */
function endsAtItsLimit({ limits, check }: Case): NonNullable<Case['check']> {
  return (outcome, reason) => {
    check?.(outcome, reason);
    const { exitStatus, wallClockTime, cpuTime } = outcome;
    const { wallTimeInS = 0, cpuTimeInS = 0, gracePeriodInS = 0 } = (limits ?? {}) as { [name: string]: number };
    if (exitStatus === 'TimeoutException')
      assert.ok(
        wallClockTime > wallTimeInS - 0.01 && wallClockTime < wallTimeInS + Math.min(gracePeriodInS, 1) + LATE_IN_S,
        `${wallClockTime} s`,
      );
    if (exitStatus === 'CpuTimeoutException')
      assert.ok(cpuTime >= cpuTimeInS && cpuTime < cpuTimeInS + CPU_LATE_IN_S, `${cpuTime} s`);
  };
}

test('a limit within a millisecond of the value: the one or the other', async () => {
  let called = 0;
  const limited = enforceLimits({ wallTimeInS: 0.2 })((ms: number) => new Promise((resolve) => setTimeout(resolve, ms, ms)));
  for (const first of [192, 195, 198, 201, 204]) {
    const outcomes = await Promise.all([first, first + 1, first + 2].map(async (ms) => ({ ms, ...(await limited.run(ms)) })));
    for (const { ms, exitStatus, result, wallClockTime, phase } of outcomes) {
      if (phase === 'call') called++;
      if (exitStatus === 0) assert.ok(result === ms && wallClockTime <= 0.2, `${result} after ${wallClockTime} s`);
      // A module on a busy machine may take as long to load.
      else
        assert.ok(
          exitStatus === 'TimeoutException' && (wallClockTime >= 0.19 || phase === 'load'),
          `${exitStatus} ${wallClockTime}`,
        );
    }
  }
  assert.ok(called > 0, 'no module was loaded in time');
});

test('a CPU limit within a few milliseconds of the value: the one or the other', async () => {
  const limited = enforceLimits({ cpuTimeInS: 0.3, wallTimeInS: 60 })((ms: number) => {
    while (process.cpuUsage().user + process.cpuUsage().system < ms * 1000);
    return ms;
  });
  let called = 0;
  for (const ms of [280, 300, 320]) {
    const { exitStatus, result, cpuTime, phase } = await limited.run(ms);
    if (phase === 'call') called++;
    if (exitStatus === 0) assert.ok(result === ms && cpuTime < 0.3, `${result} after ${cpuTime} s`);
    else assert.ok(exitStatus === 'CpuTimeoutException' && (cpuTime >= 0.3 || phase === 'load'), `${exitStatus} ${cpuTime}`);
  }
  assert.ok(called > 0, 'no module was loaded in time');
});
