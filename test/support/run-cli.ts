import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a command line did. */
export interface CliResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  /** On top of this process's environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** A command that is given nisher's to run. */
  through?: readonly string[];
  /** Called with what stderr has so far, each time there is more. */
  onStderr?: (stderr: string, child: ChildProcess) => void;
}

const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Runs `nisher` with these words as a user would: a process of its own, no terminal. */
export function runCli(words: readonly string[], { cwd, env, through = [], onStderr }: CliOptions = {}): Promise<CliResult> {
  const [program = '', ...rest] = [...through, process.execPath, '--import', tsx, bin, ...words];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
    onStderr?.(text.stderr, child);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...text }));
  });
}
