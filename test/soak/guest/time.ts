import { pbkdf2Sync } from 'node:crypto';
import { Worker } from 'node:worker_threads';

const forEver = () => new Promise(() => setInterval(() => {}, 1000));

export const time = {
  sleeps: (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000, 'slept')),
  sleepsThenThrows: (seconds: number) =>
    new Promise((_resolve, reject) => setTimeout(() => reject(new Error('slept')), seconds * 1000)),
  spends: (cpuInS: number) => {
    const since = process.cpuUsage();
    for (;;) {
      const { user, system } = process.cpuUsage(since);
      if (user + system >= cpuInS * 1e6) return 'spent';
    }
  },
  waits: forEver,
  loops: () => {
    for (;;);
  },
  matches: () => /^(a+)+$/.test(`${'a'.repeat(60)}b`),
  microtasks: async () => {
    for (;;) await null;
  },
  hashes: () => pbkdf2Sync('x', 'y', 1e9, 64, 'sha512'),
  parks: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  stopsItself: () => {
    process.kill(process.pid, 'SIGSTOP');
    return forEver();
  },
  loopsTwice: () => {
    new Worker('for (;;);', { eval: true });
    return new Promise((resolve) => setTimeout(resolve, 100)).then(() => {
      for (;;);
    });
  },
  /** What it does about the notice of a limit. */
  listens: (how: 'returns' | 'throws' | 'exits' | 'ignores') =>
    new Promise((resolve, reject) => {
      setInterval(() => {}, 1000);
      for (const signal of ['SIGALRM', 'SIGXCPU', 'SIGTERM'] as const) {
        process.on(signal, () => {
          if (how === 'returns') resolve('heard');
          if (how === 'throws') reject(new Error('heard'));
          if (how === 'exits') process.exit(3);
        });
      }
    }),
};
