import { pbkdf2Sync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { markEnd } from './marks.js';

const forEver = () => new Promise(() => setInterval(() => {}, 1000));

export const time = {
  sleeps: async (seconds: number) => {
    await sleep(seconds * 1000);
    markEnd();
    return 'slept';
  },
  sleepsThenThrows: async (seconds: number) => {
    await sleep(seconds * 1000);
    markEnd();
    throw new Error('slept');
  },
  spends: (cpuInS: number) => {
    const since = process.cpuUsage();
    for (;;) {
      const { user, system } = process.cpuUsage(since);
      if (user + system >= cpuInS * 1e6) break;
    }
    markEnd();
    return 'spent';
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
