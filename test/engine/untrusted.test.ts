import { type LimitOptions, untrusted } from '../../src/index.js';
import { noKernelOfTheHost } from '../support/engine-under-test.js';
import { hostileSuite } from '../support/hostile-suite.js';

const { cases, after } = hostileSuite('calls under the preset for untrusted code');

process.env.NISHER_SECRET = 'of the host';
after(() => {
  delete process.env.NISHER_SECRET;
});

/** What is set for all cases must not stand in for what the preset says; in gVisor, where one of its limits cannot be kept, it is lifted. */
const limits: LimitOptions = { ...untrusted, ...(noKernelOfTheHost !== null && { numProcesses: null }) };

cases({
  'a megabyte of text sorted, compressed and written': {
    limits,
    call: async (words: string[]) => {
      const { promisify } = await import('node:util');
      const { gzip } = await import('node:zlib');
      const { readFile, writeFile } = await import('node:fs/promises');
      await writeFile('/tmp/words', await promisify(gzip)(words.sort().join(' ')));
      console.log('\u001b[31mred');
      return [(await readFile('/tmp/words')).subarray(0, 2).toString('hex'), process.env.NISHER_SECRET];
    },
    args: [Array.from({ length: 1e5 }, (_, n) => `word${(n * 7919) % 1e5}`)],
    // The magic number of gzip; what was printed is in the outcome, escape sequence and all.
    expected: { exitStatus: 0, result: ['1f8b', undefined], stdout: '\u001b[31mred\n' },
  },
  'memory without end': {
    limits,
    call: () => {
      for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));
    },
    expected: { exitStatus: 'MemorylimitException' },
  },
  'CPU time without end': {
    limits: { ...limits, cpuTimeInS: 0.5 },
    call: () => {
      for (;;);
    },
    expected: { exitStatus: 'CpuTimeoutException' },
  },
  'wall time, and a grace period': {
    limits: { ...limits, wallTimeInS: 2 },
    call: () =>
      new Promise((resolve) => {
        process.on('SIGALRM', () => resolve('heard of it'));
        setInterval(() => {}, 1000);
      }),
    expected: { exitStatus: 'TimeoutException', phase: 'call' },
  },
  'a child process': {
    unless: noKernelOfTheHost,
    limits,
    call: async () => {
      const { spawn } = await import('node:child_process');
      await new Promise((resolve, reject) => spawn(process.execPath).on('error', reject).on('exit', resolve));
    },
    expected: { exitStatus: 'SubprocessException', osErrno: 11 },
  },
  'a worker': {
    unless: noKernelOfTheHost,
    limits,
    call: async () => {
      const { Worker } = await import('node:worker_threads');
      await new Promise((resolve, reject) => new Worker('', { eval: true }).on('error', reject).on('exit', resolve));
    },
    expected: { exitStatus: 'SubprocessException', osErrno: 11 },
  },
  'output without end, which ends with the function': {
    limits,
    call: async () => {
      const { writeSync } = await import('node:fs');
      for (let piece = 0; piece < 64; piece++) writeSync(1, Buffer.alloc(2 ** 16, 'x'));
    },
    expected: { exitStatus: 0, stdoutTruncated: true, stdoutDroppedBytes: 3 * 2 ** 20 },
  },
  'a large value': {
    limits,
    call: () => Buffer.alloc(9 * 2 ** 20),
    expected: { exitStatus: 'PynisherError', message: /maxResultInMb is 8\b/ },
  },
  'a large file': {
    limits,
    call: async () => (await import('node:fs')).writeFileSync('/tmp/file', Buffer.alloc(17 * 2 ** 20)),
    expected: { exitStatus: 'SubprocessException', osErrno: 28 },
  },
});
