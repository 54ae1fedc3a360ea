import { spawnSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { markEnd } from './marks.js';

const MEBIBYTE = 2 ** 20;

/** What the garbage collector must not take. */
const kept: unknown[] = [];

function fills(path: string, megabytes: number): string {
  for (let written = 0; written < megabytes; written++) appendFileSync(path, Buffer.alloc(MEBIBYTE, 1));
  rmSync(path);
  markEnd();
  return 'filled';
}

export const memory = {
  keepsBuffers: (megabytes: number) => {
    for (let count = 0; count < megabytes; count++) kept.push(Buffer.alloc(MEBIBYTE, 1));
    markEnd();
    return 'kept';
  },
  /** Each array of 128 numbers that are no small integers is 1 KB and a header. */
  keepsObjects: (megabytes: number) => {
    for (let count = 0; count < megabytes * 1024; count++) kept.push(Array.from({ length: 128 }, (_, n) => n + 0.5));
    markEnd();
    return 'kept';
  },
  growsForEver: () => {
    for (;;) kept.push(Buffer.alloc(MEBIBYTE, 1));
  },
  growsHeapForEver: () => {
    for (;;) kept.push({ a: [1, 2, 3], b: `${kept.length}` });
  },
  asksForTooMuch: () => new ArrayBuffer(2 ** 40).byteLength,
  fillsScratch: (megabytes: number) => fills('/tmp/file', megabytes),
  hogsInChild: () =>
    spawnSync(process.execPath, ['-e', 'for (const kept = [];;) kept.push(Buffer.alloc(1e6, 1))'], { stdio: 'ignore' }).signal,
};
