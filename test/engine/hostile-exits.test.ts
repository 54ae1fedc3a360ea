import * as assert from 'uvu/assert';
import { enforceLimits, fromModule } from '../../src/index.js';
import { suite } from '../harness.js';
import { type Case, expectOutcomes } from '../support/expect-outcomes.js';
import { leftovers } from '../support/leftovers.js';

const { test, after } = suite('hostile exits, output and built-ins');

after(async () => {
  assert.equal(await leftovers(), []);
});

test('output that is meant to hang, to flood or to lie', async () => {
  await expectOutcomes({
    'a flood until the kill': {
      limits: { wallTimeInS: 0.5, maxOutputInMb: 1 },
      call: async () => {
        const { writeSync } = await import('node:fs');
        const chunk = Buffer.alloc(2 ** 16, 97);
        for (;;) {
          writeSync(1, chunk);
          writeSync(2, chunk);
        }
      },
      expected: { exitStatus: 'TimeoutException', stdout: 'a'.repeat(2 ** 20), stderr: 'a'.repeat(2 ** 20) },
    },
    'one byte at a time': {
      call: async () => {
        const { writeSync } = await import('node:fs');
        for (let count = 0; count < 50_000; count++) writeSync(1 + (count % 2), 'x');
      },
      expected: { exitStatus: 0, stdout: 'x'.repeat(25_000), stderr: 'x'.repeat(25_000) },
    },
    'one line of 100 MB': {
      limits: { memInMb: 512, maxOutputInMb: 1 },
      call: () => process.stdout.write('x'.repeat(1e8)),
      expected: { exitStatus: 0, stdout: 'x'.repeat(2 ** 20), stdoutDroppedBytes: 1e8 - 2 ** 20 },
    },
    'threads that flood while the value is sent': {
      limits: { memInMb: 512, maxOutputInMb: 1 },
      call: async () => {
        const { Worker } = await import('node:worker_threads');
        const code = 'for (const { writeSync } = require("fs"), chunk = Buffer.alloc(9000, 97);;) writeSync(1, chunk);';
        for (let count = 0; count < 2; count++) new Worker(code, { eval: true });
        await new Promise((resolve) => setTimeout(resolve, 500));
        return 'v'.repeat(1e6);
      },
      expected: { exitStatus: 0, result: 'v'.repeat(1e6) },
    },
    'the descriptors 0 to 2 closed': {
      call: async () => {
        const { closeSync } = await import('node:fs');
        for (const descriptor of [0, 1, 2]) closeSync(descriptor);
        return 5;
      },
      expected: { exitStatus: 0, result: 5 },
    },
    'all descriptors closed': {
      call: async () => {
        const { closeSync } = await import('node:fs');
        for (let descriptor = 3; descriptor < 50; descriptor++) {
          try {
            closeSync(descriptor);
          } catch {
            // Not open.
          }
        }
        return 5;
      },
      expected: { exitStatus: 'SignalException', signal: 'SIGABRT' },
    },
    'process.stdout destroyed': {
      call: () => {
        process.stdout.destroy();
        process.stderr.destroy();
        return 5;
      },
      expected: { exitStatus: 0, result: 5 },
    },
    'no descriptor left': {
      call: async () => {
        const { openSync } = await import('node:fs');
        for (;;) openSync('/dev/null', 'r');
      },
      expected: { exitStatus: 'SubprocessException', osErrno: 24 },
    },
  });
});

test('built-ins replaced', async () => {
  await expectOutcomes({
    'every global throws': {
      call: () => {
        const { defineProperty } = Reflect;
        const error = new Error('replaced');
        const globals = globalThis;
        for (const key of Object.getOwnPropertyNames(globals)) {
          defineProperty(globals, key, {
            get() {
              throw error;
            },
          });
        }
        return 5;
      },
      expected: { exitStatus: 0, result: 5 },
    },
    "promises' species": {
      call: () => {
        const get = () => {
          throw new Error('replaced');
        };
        Object.defineProperty(Promise, Symbol.species, { get });
        return 5;
      },
      expected: { exitStatus: 0, result: 5 },
    },
    'every event emitter': {
      call: async () => {
        const { EventEmitter } = await import('node:events');
        for (const method of ['on', 'once', 'emit'] as const) {
          EventEmitter.prototype[method] = () => {
            throw new Error('replaced');
          };
        }
        return new Promise((resolve) => setTimeout(resolve, 100, 5));
      },
      expected: { exitStatus: 0, result: 5 },
    },
    'the sockets that the runner listens with': {
      call: async () => {
        const { default: net } = await import('node:net');
        Object.assign(net, { Socket: class {} });
        return new Promise((resolve) => setTimeout(resolve, 100, 5));
      },
      expected: { exitStatus: 0, result: 5 },
    },
    'process.reallyExit does nothing': {
      call: () => {
        Object.assign(process, { reallyExit: () => {} });
        process.exit(1);
        return 'went on';
      },
      expected: { exitStatus: 0, result: 'went on' },
    },
    "node's own writing": {
      call: () => {
        const binding = (process as unknown as { binding(name: string): object }).binding('fs');
        Object.assign(binding, { writeBuffer: () => 0 });
        return 5;
      },
      expected: { exitStatus: 'AnythingException', exitCode: 1 },
    },
  });
});

const exit = (given: unknown, exitCode: number): Case => ({
  call: (code: number) => process.exit(code),
  args: [given],
  expected: { exitStatus: 'AnythingException', exitCode, signal: null, message: new RegExp(`code ${exitCode}\\b`) },
});

test('every way out', async () => {
  await expectOutcomes({
    'process.exit(-1)': exit(-1, 255),
    "process.exit('3')": exit('3', 3),
    'process.exit(256)': exit(256, 0),
    'process.exit(255)': exit(255, 255),
    'process.exit(125)': exit(125, 125),
    'process.exit(134)': exit(134, 134),
    'process.exit(152)': { ...exit(152, 152), limits: { cpuTimeInS: 10 } },
    'in finally': {
      call: () => {
        try {
          return 1;
        } finally {
          process.exit(4);
        }
      },
      expected: { exitStatus: 'AnythingException', exitCode: 4 },
    },
    'in an exit listener': {
      call: () => {
        process.on('exit', () => process.exit(9));
        return new Promise(() => {});
      },
      expected: { exitStatus: 'AnythingException', exitCode: 9 },
    },
    'settled in an exit listener': {
      call: () => new Promise((resolve) => process.once('exit', () => resolve('late'))),
      expected: { exitStatus: 'AnythingException', exitCode: 0, message: /never settles/ },
    },
    'settled in a beforeExit listener': {
      call: () => new Promise((resolve) => process.once('beforeExit', () => resolve('in time'))),
      expected: { exitStatus: 0, result: 'in time' },
    },
    'an exit code, and a value': {
      call: () => {
        process.exitCode = 7;
        return 1;
      },
      expected: { exitStatus: 0, result: 1, exitCode: 0 },
    },
    'in a worker': {
      call: async () => {
        const { Worker } = await import('node:worker_threads');
        return await new Promise((resolve) => new Worker('process.exit(6)', { eval: true }).on('exit', resolve));
      },
      expected: { exitStatus: 0, result: 6 },
    },
    'an error that is swallowed': {
      call: () => {
        process.on('uncaughtException', () => {});
        setTimeout(() => {
          throw new Error('nobody sees it');
        });
        return new Promise((resolve) => setTimeout(resolve, 100, 5));
      },
      expected: { exitStatus: 0, result: 5 },
    },
    'an operating-system error that nobody catches': {
      call: async () => {
        (await import('node:fs')).createReadStream('/nowhere');
        return await new Promise((resolve) => setTimeout(resolve, 5000));
      },
      expected: { exitStatus: 'SubprocessException', osErrno: 2, exitCode: 1 },
    },
    'no listener left': {
      call: () => {
        process.removeAllListeners();
        return new Promise(() => {});
      },
      expected: { exitStatus: 'AnythingException', exitCode: 0 },
    },
    abort: { call: () => process.abort(), expected: { exitStatus: 'SignalException', signal: 'SIGABRT', exitCode: 134 } },
    'SIGKILL to itself': {
      call: () => process.kill(process.pid, 'SIGKILL'),
      expected: { exitStatus: 'AnythingException', signal: 'SIGKILL', exitCode: 137 },
    },
    'garbage as a native addon': {
      call: async () => {
        (await import('node:fs')).writeFileSync('/tmp/garbage.node', 'garbage');
        process.dlopen({ exports: {} }, '/tmp/garbage.node');
      },
      expected: { exitStatus: 'AnythingException', message: /garbage\.node/ },
    },
    'a stolen release: killed all the same': {
      call: async () => {
        const { openSync, read, readdirSync, readlinkSync } = await import('node:fs');
        const descriptors = readdirSync('/proc/self/fd').flatMap((name) => {
          try {
            return [{ path: `/proc/self/fd/${name}`, pipe: readlinkSync(`/proc/self/fd/${name}`) }];
          } catch {
            return [];
          }
        });
        const outputs = descriptors.filter(({ path }) => /\/[12]$/.test(path)).map(({ pipe }) => pipe);
        const inputs = descriptors.filter(({ pipe }) => pipe.startsWith('pipe:') && !outputs.includes(pipe));
        for (const { path } of inputs) read(openSync(path, 'r'), Buffer.alloc(100), () => {});
        return inputs.length > 0;
      },
      expected: { exitStatus: 0, result: true },
    },
  });
});

test('at load', async () => {
  const load = (name: string) =>
    enforceLimits({ wallTimeInS: 20 })(fromModule(new URL(`../fixtures/hostile/${name}.ts`, import.meta.url).href)).run();
  const [exits, waits] = await Promise.all([load('exits-at-load'), load('waits-at-load')]);
  assert.equal([exits.exitStatus, exits.exitCode, exits.phase], ['AnythingException', 255, 'load']);
  assert.equal([waits.exitStatus, waits.phase], ['AnythingException', 'load']);
  assert.match(waits.error?.message ?? '', /never finished loading/);
});

test('files', async () => {
  await expectOutcomes({
    'its own code deleted': {
      call: async () => {
        const { readdirSync, rmSync } = await import('node:fs');
        for (const name of readdirSync('/app')) rmSync(`/app/${name}`, { recursive: true });
        return await new Promise((resolve) => setTimeout(resolve, 50, readdirSync('/app')));
      },
      expected: { exitStatus: 0, result: [] },
    },
    'a link to what it may not write': {
      call: async () => {
        const { symlinkSync, writeFileSync } = await import('node:fs');
        symlinkSync('/etc/passwd', '/tmp/link');
        writeFileSync('/tmp/link', 'x');
      },
      expected: { exitStatus: 'SubprocessException', osErrno: 30 },
    },
    'a working directory that is gone': {
      call: async () => {
        const { mkdirSync, rmdirSync } = await import('node:fs');
        mkdirSync('/tmp/gone');
        process.chdir('/tmp/gone');
        rmdirSync('/tmp/gone');
        return await new Promise((resolve) => setTimeout(resolve, 50, 5));
      },
      expected: { exitStatus: 0, result: 5 },
    },
  });
});
