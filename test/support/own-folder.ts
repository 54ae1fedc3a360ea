import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { clearAway } from './clear-away.js';

/** A folder for an engine of a test's own: what is mounted below it, and the processes whose command lines name files of it, go with it. */
export interface OwnFolder {
  readonly folder: string;
  remove(): void;
}

/**
 * It goes with this program, too, however that ends: a suite is interrupted by Ctrl-C, or killed for taking too long, and a daemon outlives it.
 * @param name what it is for, in one word
 */
export function makeOwnFolder(name: string): OwnFolder {
  const folder = mkdtempSync(path.join(tmpdir(), `nisher-${name}-`));
  // In a process group of its own, as that of a test file is killed as a whole. Its input ends when this program does.
  const words = [...process.execArgv, fileURLToPath(new URL('own-folder-guard.ts', import.meta.url)), folder];
  const guard = spawn(process.execPath, words, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  (guard.stdin as Socket).unref();
  return {
    folder,
    remove() {
      clearAway(folder);
      guard.stdin.end();
    },
  };
}
