import * as assert from 'uvu/assert';
import { enforceLimits, fromModule } from '../../src/index.js';
import { encode } from '../../src/wire/codec.js';
import { suite } from '../harness.js';
import { expectOutcomes } from '../support/expect-outcomes.js';
import { leftovers } from '../support/leftovers.js';

const { test, after } = suite('hostile functions');

after(async () => {
  assert.equal(await leftovers(), []);
});

test('values that cannot be carried, and those that only look so', async () => {
  const refused = { exitStatus: 'PynisherError', exitCode: 0, phase: 'call' } as const;
  await expectOutcomes({
    '10^5 levels': {
      call: () => Array.from({ length: 1e5 }).reduce((inner) => [inner], 1),
      expected: { ...refused, message: /result\[0\]\[0\].*cannot be carried|nested too deeply/ },
    },
    'a sparse array of 2^32 - 1': {
      call: () => new Array(2 ** 32 - 1).length,
      expected: { exitStatus: 0, result: 2 ** 32 - 1 },
    },
    'an own __proto__': {
      call: () => JSON.parse('{"a":{"__proto__":1}}'),
      expected: { ...refused, message: /result\.a has a/ },
    },
    'a getter that throws undefined': {
      call: () => ({
        get a() {
          throw undefined;
        },
      }),
      expected: { ...refused, message: /result\.a throws when read/ },
    },
    'a getter that opens another for ever': {
      call: () => {
        const endless = (): object => ({
          get a() {
            return endless();
          },
        });
        return endless();
      },
      expected: { ...refused, message: /nested too deeply/ },
    },
    'a proxy': { call: () => new Proxy({ a: 1 }, {}), expected: { exitStatus: 0, result: { a: 1 } } },
    'a revoked proxy': {
      call: () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return [proxy];
      },
      expected: { ...refused, message: /result\[0\] throws when read/ },
    },
    'a thenable that settles three times': {
      call: () => ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
        then(resolve: (value: number) => void, reject: (reason: number) => void) {
          resolve(1);
          reject(2);
          throw 3;
        },
      }),
      expected: { exitStatus: 0, result: 1 },
    },
    'a thenable that never settles': {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
      call: () => ({ then() {} }),
      expected: { exitStatus: 'AnythingException', exitCode: 0, message: /never settles/ },
    },
    'a thenable of itself': {
      limits: { wallTimeInS: 0.5 },
      call: () => {
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
        const endless = { then: (resolve: (value: unknown) => void) => resolve(endless) };
        return endless;
      },
      expected: { exitStatus: 'TimeoutException', exitCode: 137 },
    },
    'toJSON on every object': {
      call: () => {
        Object.assign(Object.prototype, { toJSON: () => 'lie' });
        return { a: [1] };
      },
      expected: { exitStatus: 0, result: { a: [1] } },
    },
    'a string too long for JavaScript': {
      call: () => 'x'.repeat(2 ** 30),
      expected: { exitStatus: 'AnythingException', message: /Invalid string length/ },
    },
    'a revoked proxy thrown': {
      call: () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        throw proxy;
      },
      expected: { exitStatus: 'AnythingException', exitCode: 0 },
    },
    'a million keys thrown': {
      limits: { memInMb: 1024, wallTimeInS: 60 },
      call: () => {
        throw Object.fromEntries(Array.from({ length: 1e6 }, (_, n) => [`k${n}`, n]));
      },
      expected: { exitStatus: 'AnythingException', message: /^.{20,3000}$/ },
    },
    'errors in errors, eight times each': {
      call: () => {
        let error: Error = new RangeError('leaf');
        for (let level = 0; level < 10; level++) error = new AggregateError(Array(8).fill(error), `level ${level}`);
        throw error;
      },
      expected: { exitStatus: 'AnythingException', message: /AggregateError: level 9/ },
    },
  });
});

test('a result just at the cap, and one byte beyond', async () => {
  const sizeOf = (value: unknown) =>
    encode(value, { root: 'result', maxBytes: Number.POSITIVE_INFINITY }).reduce((sum, piece) => sum + piece.length, 0);
  const length = 2 ** 20 - sizeOf('');
  await expectOutcomes({
    'at the cap': {
      limits: { maxResultInMb: 1 },
      call: (n: number) => 'x'.repeat(n),
      args: [length],
      expected: { exitStatus: 0 },
    },
    'one byte more': {
      limits: { maxResultInMb: 1 },
      call: (n: number) => 'x'.repeat(n),
      args: [length + 1],
      expected: { exitStatus: 'PynisherError', exitCode: 0, message: /maxResultInMb is 1\b/ },
    },
  });
});

test('functions that do not look at the clock', async () => {
  const stopped = { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' } as const;
  const limits = { wallTimeInS: 0.5 };
  await expectOutcomes({
    'native code': {
      limits,
      call: async () => (await import('node:crypto')).pbkdf2Sync('x', 'y', 1e9, 64, 'sha512'),
      expected: stopped,
    },
    'a regular expression': {
      limits: { cpuTimeInS: 0.5 },
      call: () => /^(a+)+$/.test(`${'a'.repeat(50)}b`),
      expected: { exitStatus: 'CpuTimeoutException', exitCode: 137 },
    },
    microtasks: {
      limits,
      call: async () => {
        for (;;) await null;
      },
      expected: stopped,
    },
    'Atomics.wait': { limits, call: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), expected: stopped },
    'SIGSTOP to itself, in spite of a grace period': {
      limits: { ...limits, gracePeriodInS: 0.3 },
      call: () => process.kill(process.pid, 'SIGSTOP'),
      expected: stopped,
    },
    'ignored signals': {
      limits: { ...limits, gracePeriodInS: 0.3 },
      call: () => {
        for (const signal of ['SIGALRM', 'SIGTERM', 'SIGXCPU']) process.on(signal, () => {});
        return new Promise(() => setInterval(() => {}, 100));
      },
      expected: stopped,
    },
    'an exit in the grace period': {
      limits: { ...limits, gracePeriodInS: 10 },
      call: () => {
        process.on('SIGALRM', () => process.exit(3));
        return new Promise(() => setInterval(() => {}, 100));
      },
      expected: { exitStatus: 'TimeoutException', exitCode: 3 },
    },
    'clocks replaced': {
      limits,
      call: () => {
        Date.now = () => 0;
        performance.now = () => 0;
        process.hrtime.bigint = () => 0n;
        return new Promise((resolve) => setTimeout(resolve, 60_000));
      },
      expected: stopped,
    },
    'an exit listener that never ends': {
      limits,
      call: () => {
        process.on('exit', () => {
          for (;;);
        });
        process.exit(3);
      },
      expected: stopped,
    },
  });
});

test('a frame sent again does not begin the time anew', async () => {
  const forger = fromModule<typeof import('../fixtures/hostile/forges-ready.js'), 'forgesReady'>(
    new URL('../fixtures/hostile/forges-ready.ts', import.meta.url),
    'forgesReady',
  );
  const outcome = await enforceLimits({ wallTimeInS: 3, captureOutput: true })(forger).run();
  assert.is(outcome.exitStatus, 'PynisherError');
  assert.match(outcome.error?.message ?? '', /out of turn/);
  assert.ok(outcome.timings.call < 3, `${outcome.timings.call}`);
});

test('memory of every kind', async () => {
  const out = { exitStatus: 'MemorylimitException', phase: 'call' } as const;
  const limits = { memInMb: 64 };
  await expectOutcomes({
    WebAssembly: {
      limits,
      call: () => {
        // Node's types leave it to those of browsers.
        type Memory = { grow(pages: number): void; readonly buffer: ArrayBuffer };
        const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: new (size: { initial: number }) => Memory } };
        const memory = new WebAssembly.Memory({ initial: 1 });
        for (;;) {
          memory.grow(100);
          new Uint8Array(memory.buffer).fill(1);
        }
      },
      expected: { ...out, exitCode: 137 },
    },
    'one array': { limits, call: () => new Array(2 ** 27).fill(0).length, expected: out },
    'a map': {
      limits,
      call: () => {
        const map = new Map<number, number>();
        for (let key = 0; ; key++) map.set(key, key);
      },
      expected: out,
    },
    'a buffer of 2^40': { limits, call: () => new ArrayBuffer(2 ** 40).byteLength, expected: { ...out, exitCode: 0 } },
    '/tmp, within its size': {
      limits: { scratchInMb: 8 },
      call: async () => (await import('node:fs')).writeFileSync('/tmp/file', Buffer.alloc(9 * 2 ** 20)),
      expected: { exitStatus: 'SubprocessException', osErrno: 28 },
    },
    '/dev/shm, within its size': {
      limits: { scratchInMb: 8 },
      call: async () => (await import('node:fs')).writeFileSync('/dev/shm/file', Buffer.alloc(9 * 2 ** 20)),
      expected: { exitStatus: 'SubprocessException', osErrno: 28 },
    },
    '/tmp, beyond the memory limit': {
      limits: { memInMb: 48, scratchInMb: 1000 },
      call: async () => {
        const { appendFileSync } = await import('node:fs');
        for (;;) appendFileSync('/tmp/file', Buffer.alloc(2 ** 20));
      },
      expected: { ...out, exitCode: 137 },
    },
    'empty files': {
      limits: { memInMb: 48 },
      call: async () => {
        const { writeFileSync } = await import('node:fs');
        for (let number = 0; ; number++) writeFileSync(`/tmp/${number}`, '');
      },
      expected: { ...out, exitCode: 137 },
    },
    'a child that is killed for it, and a parent that returns': {
      limits: { memInMb: 100 },
      call: async () => {
        const { spawnSync } = await import('node:child_process');
        return spawnSync(process.execPath, ['-e', 'for (const kept = [];;) kept.push(Buffer.alloc(1e6, 1))']).signal;
      },
      expected: { exitStatus: 0, result: 'SIGKILL' },
    },
    "a worker's heap": {
      limits: { memInMb: 100 },
      call: async () => {
        const { Worker } = await import('node:worker_threads');
        const worker = new Worker('for (const kept = [];;) kept.push({ a: [1, 2, 3] })', { eval: true });
        await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
      },
      expected: out,
    },
  });
});

test('eight calls that eat memory at once, each in its own bounds', async () => {
  const hog = enforceLimits({ memInMb: 64, wallTimeInS: 50 })(() => {
    for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));
  });
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => hog.run()));
  assert.equal(
    outcomes.map(({ exitStatus }) => exitStatus),
    Array(8).fill('MemorylimitException'),
  );
});

test('processes that want to stay', async () => {
  await expectOutcomes({
    'a fork bomb': {
      limits: { numProcesses: 40, wallTimeInS: 1.5 },
      call: async () => {
        const { spawn } = await import('node:child_process');
        const code =
          'for (;;) try { require("child_process").spawn(process.execPath, ["-e", process.env.CODE], { detached: true }); } catch {}';
        process.env.CODE = code;
        for (;;) {
          spawn(process.execPath, ['-e', code], { detached: true, stdio: 'ignore' }).on('error', () => {});
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
      expected: { exitStatus: 'TimeoutException', exitCode: 137 },
    },
    'a detached grandchild that prints on': {
      call: async () => {
        const { spawn } = await import('node:child_process');
        const grandchild = 'setInterval(() => process.stdout.write("x".repeat(70000)), 1)';
        const child = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { detached: true, stdio: "inherit" }).unref()`;
        await new Promise((resolve) => spawn(process.execPath, ['-e', child], { stdio: 'inherit' }).on('exit', resolve));
        await new Promise((resolve) => setTimeout(resolve, 300));
        return 'left';
      },
      expected: { exitStatus: 0, result: 'left', exitCode: 0 },
    },
    'more workers than tasks': {
      limits: { numProcesses: 10, memInMb: 512 },
      call: async () => {
        const { Worker } = await import('node:worker_threads');
        const start = () => new Worker('setTimeout(() => {}, 3000)', { eval: true });
        await Promise.all(
          Array.from({ length: 20 }, () => new Promise((end, fail) => start().on('exit', end).on('error', fail))),
        );
      },
      expected: { exitStatus: 'SubprocessException', osErrno: 11 },
    },
    'SIGTERM to all it may': {
      call: () => {
        process.kill(0, 'SIGTERM');
        return new Promise((resolve) => setTimeout(resolve, 5000));
      },
      expected: { exitStatus: 'SignalException', signal: 'SIGTERM', exitCode: 143 },
    },
    'SIGKILL to the init': {
      call: () => {
        process.kill(process.ppid, 'SIGKILL');
        return new Promise((resolve) => setTimeout(resolve, 100, 'alive'));
      },
      expected: { exitStatus: 0, result: 'alive' },
    },
  });
});
