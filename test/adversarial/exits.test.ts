import * as assert from 'uvu/assert';
import { type Case, guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode } from '../support/machine-code.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';

const { cases, test } = hostileSuite('hostile exits');
const any = { exitStatus: 'AnythingException' } as const;

const exit = (given: unknown, exitCode: number): Case => ({
  call: (code: number) => process.exit(code),
  args: [given],
  expected: { ...any, exitCode, signal: null, message: new RegExp(`code ${exitCode}\\b`) },
});

// Node's own, those of shells, of sysexits(3), of engines (125 to 127), and 128 + n, which look like signals.
const specialCodes = [0, 1, 2, 3, 5, 6, 7, 9, 10, 12, 13, 64, 78, 99, 100, 124, 125, 126, 127, 128, 255];
const signalNumbers = Array.from({ length: 31 }, (_, index) => index + 1);
const codes = [...specialCodes, ...signalNumbers.map((number) => 128 + number), 128 + 34, 128 + 64, 254];
cases(Object.fromEntries(codes.map((code) => [`process.exit(${code}) is an exit with that code`, exit(code, code)])));

cases({
  'process.exit(-1) is 255': exit(-1, 255),
  "process.exit('3') is 3": exit('3', 3),
  'process.exit(256) is 0': exit(256, 0),
  'process.exit(152) under a CPU limit is no limit': { ...exit(152, 152), limits: { cpuTimeInS: 10 } },
  'process.exit(137) under a memory limit is no limit': { ...exit(137, 137), limits: { memInMb: 64 } },
  'process.reallyExit is an exit': {
    call: (code: number) => (process as unknown as { reallyExit(code: number): void }).reallyExit(code),
    args: [3],
    expected: { ...any, exitCode: 3, signal: null },
  },
});

cases({
  'an exit in finally wins over the value': {
    call: guest('exits/exits-in-finally'),
    expected: { ...any, exitCode: 4 },
  },
  'an exit in an exit listener has its code': {
    call: () => {
      process.on('exit', () => process.exit(9));
      return new Promise(() => {});
    },
    expected: { ...any, exitCode: 9 },
  },
  'a value that settles in an exit listener is too late': {
    call: () => new Promise((resolve) => process.once('exit', () => resolve('late'))),
    expected: { ...any, exitCode: 0, message: /never settles/ },
  },
  'a value that settles in a beforeExit listener is in time': {
    call: () => new Promise((resolve) => process.once('beforeExit', () => resolve('in time'))),
    expected: { exitStatus: 0, result: 'in time' },
  },
  'an exit code beside a value changes nothing': {
    call: () => {
      process.exitCode = 7;
      return 1;
    },
    expected: { exitStatus: 0, result: 1, exitCode: 0 },
  },
  'an exit of a worker is no exit': {
    call: async () => {
      const { Worker } = await import('node:worker_threads');
      return await new Promise((resolve) => new Worker('process.exit(6)', { eval: true }).on('exit', resolve));
    },
    expected: { exitStatus: 0, result: 6 },
  },
  'an error that is swallowed changes nothing': {
    call: guest('exits/swallows-errors'),
    expected: { exitStatus: 0, result: 5 },
  },
  'an operating-system error that nobody catches is that': {
    call: async () => {
      (await import('node:fs')).createReadStream('/nowhere');
      return await new Promise((resolve) => setTimeout(resolve, 5000));
    },
    expected: { exitStatus: 'SubprocessException', osErrno: 2, exitCode: 1 },
  },
  'a rejection that nobody handles is what it was rejected with': {
    call: () => {
      void Promise.reject(new RangeError('unhandled'));
      return new Promise((resolve) => setTimeout(resolve, 5000));
    },
    expected: { ...any, exitCode: 1, message: /RangeError: unhandled/ },
  },
  'without its listeners a function that never settles is told of': {
    call: () => {
      process.removeAllListeners();
      return new Promise(() => {});
    },
    expected: { ...any, exitCode: 0 },
  },
  'garbage as a native addon is an error of the function': {
    call: async () => {
      (await import('node:fs')).writeFileSync('/tmp/garbage.node', 'garbage');
      process.dlopen({ exports: {} }, '/tmp/garbage.node');
    },
    expected: { ...any, exitCode: 0, message: /garbage\.node/ },
  },
  'an exit at load is told of as such': {
    call: guest('exits/exits-at-load'),
    expected: { ...any, exitCode: 255, phase: 'load' },
  },
  'a module that never finishes loading is told of as such': {
    call: guest('exits/waits-at-load'),
    expected: { ...any, phase: 'load', message: /never finished loading/ },
  },
  'a signal at load is told of as such': {
    call: guest('exits/signals-at-load'),
    expected: { exitStatus: 'SignalException', signal: 'SIGTERM', exitCode: 143, phase: 'load' },
  },
});

const noWord = (code: number, expected: Case['expected'], limits = {}): Case => ({
  limits,
  call: guest('exits/exits-by-system-call'),
  args: [code],
  expected: { exitCode: code, result: null, phase: 'call', ...expected },
});
if (noMachineCode === null) {
  // Past the runner, which cannot tell of it: 128 + n is then what a signal looks like (docs/outcomes.md), and of no limit.
  cases({
    'an exit with 0 without a word is an exit': noWord(0, { ...any, reason: 'exited', signal: null }),
    'an exit with 3 without a word is an exit': noWord(3, { ...any, reason: 'exited', signal: null }),
    'an exit with 255 without a word is an exit': noWord(255, { ...any, reason: 'exited', signal: null }),
    'an exit with 134 without a word is SIGABRT, and not the heap of V8': noWord(
      134,
      { exitStatus: 'SignalException', reason: 'signal', signal: 'SIGABRT' },
      { memInMb: 64 },
    ),
    'an exit with 137 without a word is SIGKILL, and not the memory limit': noWord(
      137,
      { ...any, reason: 'killed', signal: 'SIGKILL' },
      { memInMb: 64 },
    ),
    'an exit with 139 without a word is SIGSEGV': noWord(139, {
      exitStatus: 'SignalException',
      reason: 'signal',
      signal: 'SIGSEGV',
    }),
    'an exit with 152 without a word is SIGXCPU, and not the CPU limit': noWord(
      152,
      { exitStatus: 'SignalException', reason: 'signal', signal: 'SIGXCPU' },
      { cpuTimeInS: 10 },
    ),
    'an exit with 142 without a word is SIGALRM, and not the wall limit': noWord(142, {
      exitStatus: 'SignalException',
      reason: 'signal',
      signal: 'SIGALRM',
    }),
  });
} else test.skip('exits without a word', noMachineCode);

test('a runner that is never told to exit ends all the same', async () => {
  const steals = enforceLimits({ wallTimeInS: 30 })(guest('exits/stolen-release'));
  const { exitStatus, result } = await steals.run();
  assert.equal([exitStatus, result], [0, true]);
  // It is killed five seconds after it was told.
  const since = performance.now();
  await steals.close();
  const closingInS = (performance.now() - since) / 1000;
  assert.ok(closingInS < 5 + 5 * patience, `${closingInS} s`);
});
