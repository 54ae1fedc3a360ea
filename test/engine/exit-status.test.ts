import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import {
  AnythingException,
  CpuTimeoutException,
  fromModule,
  getContext,
  MemorylimitException,
  type Outcome,
  PynisherError,
  SignalException,
  SubprocessException,
  TimeoutException,
} from '../../src/index.js';
import { suite } from '../harness.js';
import { cpuLateByInS, noCgroup, noKernelOfTheHost } from '../support/engine-under-test.js';
import { leftovers } from '../support/leftovers.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';

const { test, after } = suite('exit statuses on the engine');
const MB = 2 ** 20;

const causeOf = (outcome: Outcome) => outcome.error?.cause as Error;

after(async () => {
  assert.equal(await leftovers(), []);
});

test('0: the value comes back', async () => {
  const numProcesses = noKernelOfTheHost === null ? 1 : null;
  const add = enforceLimits({ memInMb: 128, cpuTimeInS: 5, wallTimeInS: 20, numProcesses })((a: number, b: number) => a + b);
  const outcome = await add.run(2, 3);
  assert.is(outcome.exitStatus, 0, outcome.error?.message);
  assert.is(outcome.unwrap(), 5);
  assert.is(outcome.exitCode, 0);
  assert.is(outcome.signal, null);
  assert.is(outcome.meter, noCgroup === null ? 'cgroup' : 'engine');
  assert.ok(outcome.wallClockTime >= 0 && outcome.wallClockTime < 2 * patience, `${outcome.wallClockTime}`);
  assert.ok(outcome.cpuTime >= 0 && outcome.cpuTime < patience, `${outcome.cpuTime}`);
  // An engine's statistics come once a second: too late for a call that is over at once.
  const least = noCgroup === null ? 4 * MB : 0;
  assert.ok(outcome.peakMemory >= least && outcome.peakMemory < 64 * MB, `${outcome.peakMemory}`);
});

test('the seed: null and the attributes of the call that finished last', async () => {
  const limited = enforceLimits({ wallTimeInS: 1 })(async (t: number) => {
    await new Promise((resolve) => setTimeout(resolve, t * 1000));
    return t;
  });
  assert.is(limited.exitStatus, null);
  assert.is(await limited(0.1), 0.1);
  assert.equal([limited.result, limited.exitStatus], [0.1, 0]);
  assert.is(await limited(10), null);
  assert.equal([limited.result, limited.exitStatus, limited.exitCode], [null, 'TimeoutException', 137]);
  assert.ok((limited.wallClockTime ?? 0) >= 1 && (limited.wallClockTime ?? 0) < 3 * patience, `${limited.wallClockTime}`);
});

test('TimeoutException: a fraction of a second, while it sleeps and while it is busy', async () => {
  const asleep = await enforceLimits({ wallTimeInS: 0.8 })(() => new Promise((resolve) => setTimeout(resolve, 60_000))).run();
  const busy = await enforceLimits({ wallTimeInS: 0.8 })(() => {
    for (;;);
  }).run();
  for (const outcome of [asleep, busy]) {
    assert.is(outcome.exitStatus, 'TimeoutException');
    assert.instance(outcome.error, TimeoutException);
    assert.match(outcome.error?.message ?? '', /wallTimeInS is 0.8/);
    assert.ok(outcome.wallClockTime >= 0.79 && outcome.wallClockTime < 2 * patience, `${outcome.wallClockTime}`);
    assert.is(outcome.phase, 'call');
  }
  if (noCgroup === null) assert.ok(busy.cpuTime > 0.02, `${busy.cpuTime}`);
  assert.ok(asleep.cpuTime < 0.3 * patience, `${asleep.cpuTime}`);
});

test('CpuTimeoutException: CPU time over two child processes together', async () => {
  const outcome = await enforceLimits({ cpuTimeInS: 1, wallTimeInS: 30 })(async () => {
    const { spawn } = await import('node:child_process');
    const burn = () => spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' });
    await new Promise((resolve) => {
      burn().on('exit', resolve);
      burn().on('exit', resolve);
    });
  }).run();
  assert.is(outcome.exitStatus, 'CpuTimeoutException');
  assert.instance(outcome.error, CpuTimeoutException);
  assert.ok(outcome.cpuTime >= 1 && outcome.cpuTime < 1.5 * patience + cpuLateByInS, `${outcome.cpuTime}`);
  assert.match(outcome.error?.message ?? '', /cpuTimeInS is 1/);
});

test('CpuTimeoutException: a fraction of a second', async () => {
  const outcome = await enforceLimits({ cpuTimeInS: 0.4, wallTimeInS: 30 })(() => {
    for (;;);
  }).run();
  assert.is(outcome.exitStatus, 'CpuTimeoutException');
  assert.ok(outcome.cpuTime >= 0.4 && outcome.cpuTime < 0.8 * patience + cpuLateByInS, `${outcome.cpuTime}`);
});

test("MemorylimitException: the kernel's kill", async () => {
  const outcome = await enforceLimits({ memInMb: 100, wallTimeInS: 60 })(() => {
    const kept = [];
    for (;;) kept.push(Buffer.alloc(MB_IN_GUEST(), 1));
    function MB_IN_GUEST() {
      return 2 ** 20;
    }
  }).run();
  assert.is(outcome.exitStatus, 'MemorylimitException');
  assert.instance(outcome.error, MemorylimitException);
  assert.is(outcome.exitCode, 137);
  assert.ok(outcome.peakMemory >= 95 * MB && outcome.peakMemory <= 101 * MB, `${outcome.peakMemory}`);
  assert.match(outcome.error?.message ?? '', /memInMb is 100/);
});

for (const memInMb of [null, 256])
  test(`AnythingException: SIGKILL of its own, while another container meets its limit of memory (its own: ${memInMb})`, async () => {
    let isOver = false;
    const running = enforceLimits({ memInMb, wallTimeInS: 60 * patience, captureOutput: true })(async (inMs: number) => {
      process.stdout.write('called');
      await new Promise((resolve) => setTimeout(resolve, inMs));
      process.kill(process.pid, 'SIGKILL');
    }).run(4000 * patience);
    void running.finally(() => {
      isOver = true;
    });
    for await (const { data } of running) if (data.toString().includes('called')) break;
    const hog = await enforceLimits({ memInMb: 64, wallTimeInS: 60 * patience })(() => {
      const kept = [];
      for (;;) kept.push(Buffer.alloc(2 ** 20, 1));
    }).run();
    assert.equal([hog.exitStatus, hog.exitCode, isOver], ['MemorylimitException', 137, false]);
    const { exitStatus, exitCode, error } = await running;
    assert.equal([exitStatus, exitCode], ['AnythingException', 137], error?.message);
  });

test("MemorylimitException: V8's heap exhausted", async () => {
  const outcome = await enforceLimits({ memInMb: 96, wallTimeInS: 60, captureOutput: true })(() => {
    const kept: object[][] = [];
    for (;;) kept.push(Array.from({ length: 1000 }, (_, index) => ({ index })));
  }).run();
  assert.is(outcome.exitStatus, 'MemorylimitException');
  // Under gVisor, which takes memory of its own, the kernel comes first.
  if (noKernelOfTheHost === null) assert.is(outcome.exitCode, 134);
  if (noKernelOfTheHost === null) assert.match(outcome.stderr, /heap/i);
});

test(
  'MemorylimitException: an allocation refused',
  async () => {
    const outcome = await enforceLimits({ memInMb: 96, wallTimeInS: 60 })(() => {
      return new ArrayBuffer(2 ** 42).byteLength;
    }).run();
    assert.is(outcome.exitStatus, 'MemorylimitException', outcome.error?.message);
  },
  { unless: noKernelOfTheHost },
);

test(
  'SubprocessException: with one process a child fails with EAGAIN, 11',
  async () => {
    const outcome = await enforceLimits({ numProcesses: 1, wallTimeInS: 30 })(async () => {
      const { spawn } = await import('node:child_process');
      const child = spawn(process.execPath, ['--version']);
      await new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', resolve);
      });
    }).run();
    assert.is(outcome.exitStatus, 'SubprocessException', outcome.error?.message);
    assert.instance(outcome.error, SubprocessException);
    assert.is(outcome.osErrno, 11);
  },
  { unless: noKernelOfTheHost },
);

test('SubprocessException: ENOENT, 2', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30 })(async () => {
    const { readFileSync } = await import('node:fs');
    return readFileSync('/nowhere').length;
  }).run();
  assert.is(outcome.exitStatus, 'SubprocessException');
  assert.is(outcome.osErrno, 2);
  assert.match(causeOf(outcome).message, /ENOENT.*\/nowhere/);
});

test('SignalException: a signal ends the process', async () => {
  for (const signal of ['SIGTERM', 'SIGALRM', 'SIGXCPU', 'SIGSEGV', 'SIGABRT', 'SIGUSR2'] as const) {
    const outcome = await enforceLimits({ wallTimeInS: 30 })((name: string) => {
      process.kill(process.pid, name);
      return new Promise((resolve) => setTimeout(resolve, 10_000));
    }).run(signal);
    assert.is(outcome.exitStatus, 'SignalException', `${signal}: ${outcome.error?.message}`);
    assert.instance(outcome.error, SignalException);
    assert.is(outcome.signal, signal);
  }
});

test('SignalException: the caller aborts', async () => {
  const controller = new AbortController();
  const call = enforceLimits({ wallTimeInS: 30, signal: controller.signal })(
    () => new Promise((resolve) => setTimeout(resolve, 20_000)),
  ).run();
  await sleep(700);
  controller.abort(new Error('enough'));
  const outcome = await call;
  assert.is(outcome.exitStatus, 'SignalException');
  assert.is(outcome.signal, 'SIGTERM');
  assert.is(causeOf(outcome).message, 'enough');
});

test('AnythingException: it threw; the cause keeps name, message, stack and its own cause', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30 })(() => {
    throw new TypeError('no good', { cause: new Error('deep') });
  }).run();
  assert.is(outcome.exitStatus, 'AnythingException');
  assert.instance(outcome.error, AnythingException);
  const cause = outcome.error?.cause as TypeError;
  assert.instance(cause, TypeError);
  assert.is(cause.message, 'no good');
  assert.is((cause.cause as Error).message, 'deep');
  assert.throws(
    () => outcome.unwrap(),
    (error: unknown) => error === outcome.error,
  );
});

test('AnythingException: it exited', async () => {
  for (const code of [0, 3, 137, 143]) {
    const outcome = await enforceLimits({ wallTimeInS: 30 })((exitCode: number) => process.exit(exitCode)).run(code);
    assert.is(outcome.exitStatus, 'AnythingException', `${code}: ${outcome.error?.message}`);
    assert.is(outcome.exitCode, code);
    assert.is(outcome.signal, null);
  }
});

test('AnythingException: it never settles', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30 })(() => new Promise(() => {})).run();
  assert.is(outcome.exitStatus, 'AnythingException');
  assert.match(outcome.error?.message ?? '', /never settles/);
});

test('AnythingException: an error nobody caught', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30, captureOutput: true })(async () => {
    setTimeout(() => {
      throw new Error('from a timer');
    }, 10);
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }).run();
  assert.is(outcome.exitStatus, 'AnythingException');
  assert.is(causeOf(outcome).message, 'from a timer');
  assert.is(outcome.exitCode, 1);
  assert.match(outcome.stderr, /from a timer/);
});

test('AnythingException: SIGKILL that no limit explains', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30 })(() => {
    process.kill(process.pid, 'SIGKILL');
  }).run();
  assert.is(outcome.exitStatus, 'AnythingException');
  assert.is(outcome.exitCode, 137);
  assert.is(outcome.signal, 'SIGKILL');
});

test('PynisherError: a result that cannot be carried, with its path', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30 })(() => ({ a: [1, 2, 3, { callback: () => 1 }] }) as unknown).run();
  assert.is(outcome.exitStatus, 'PynisherError');
  assert.instance(outcome.error, PynisherError);
  assert.match(outcome.error?.message ?? '', /result\.a\[3\]\.callback is a function/);
});

test('PynisherError: a result too large', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30, maxResultInMb: 1 })(() => Buffer.alloc(3 * 2 ** 20)).run();
  assert.is(outcome.exitStatus, 'PynisherError');
  assert.match(outcome.error?.message ?? '', /has 3 MB: maxResultInMb is 1\b/);
});

test('PynisherError: no engine', async () => {
  const context = getContext('spawn', { engine: 'unix:///nowhere/docker.sock' });
  const outcome = await enforceLimits({ context })(() => 1).run();
  assert.is(outcome.exitStatus, 'PynisherError');
  assert.match(outcome.error?.message ?? '', /\/nowhere\/docker\.sock/);
  assert.is(outcome.exitCode, null);
});

test('a limit met while the module is loaded', async () => {
  const hang = fromModule(new URL('../fixtures/functions/hangs-at-load.ts', import.meta.url).pathname);
  const outcome = await enforceLimits({ wallTimeInS: 0.5 })(hang).run();
  assert.is(outcome.exitStatus, 'TimeoutException');
  assert.is(outcome.phase, 'load');
});
