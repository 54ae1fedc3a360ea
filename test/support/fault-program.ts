import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineProxy } from './engine-proxy.js';
import { tracesAfter } from './traces.js';

/** A program that uses nisher, to be killed. */
export interface FaultProgram extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves when it has printed that, or has ended; says whether it printed it. */
  printed(text: string): Promise<boolean>;
  readonly ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
  /** What is left of it after so many seconds. */
  traces(seconds: number): Promise<string[]>;
}

export interface FaultProgramOptions {
  /** For program.ts; `nisher` has an option for it. */
  readonly image?: string;
  /** Likewise. */
  readonly cpuTimeInS?: number;
  /** At the head of a process group, as a shell starts what a terminal's Ctrl-C is for. Default: in this process's. */
  readonly ownGroup?: boolean;
}

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/faults/${name}`, import.meta.url));
export const faultFunctions: string = fixture('functions.ts');
export const moduleLoadsForEver: string = fixture('loads-for-ever.ts');
const cli = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url));

/**
 * Starts test/fixtures/faults/program.ts, or `nisher` itself.
 * @param proxy to an engine, of which no other process's command line speaks
 */
export async function startFaultProgram(
  { url, containers }: EngineProxy,
  kind: 'program' | 'cli',
  words: readonly string[],
  { image, cpuTimeInS, ownGroup = false }: FaultProgramOptions = {},
): Promise<FaultProgram> {
  const tempFolder = await mkdtemp(path.join(tmpdir(), 'nisher-fault-'));
  const args = kind === 'program' ? [fixture('program.ts'), url, ...words] : [cli, ...words, '--engine', url];
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
    env: {
      ...process.env,
      TMPDIR: tempFolder,
      NISHER_FAULT_IMAGE: image,
      NISHER_FAULT_CPU_TIME_IN_S: cpuTimeInS === undefined ? undefined : String(cpuTimeInS),
    },
  });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
    });
  }
  const ended = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal, ...text }));
  const suspect = { engine: url, containers, pid: child.pid as number, named: url, tempFolder };
  return {
    child,
    ended,
    async printed(words) {
      const isThere = () => text.stdout.includes(words) || text.stderr.includes(words);
      let over = false;
      void ended.then(() => {
        over = true;
      });
      while (!isThere() && !over) await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), ended]);
      return isThere();
    },
    traces: (seconds) => tracesAfter(seconds, suspect),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      await rm(tempFolder, { recursive: true, force: true });
    },
  };
}
