import { spawn } from 'node:child_process';

export interface CommandResult {
  /** 128 + n when signal n ended it. */
  code: number;
  /** stdout and stderr, in the order in which they came. */
  output: string;
  stdout: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Pass its output on as it comes. */
  live?: boolean;
}

/** Runs a program without standard input. Resolves with its exit code, whatever that is. */
export function runCommand(program: string, words: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], cwd: options.cwd, env: options.env ?? process.env });
  const result: CommandResult = { code: 0, output: '', stdout: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text;
    result.output += text;
    if (options.live) process.stdout.write(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.output += text;
    if (options.live) process.stderr.write(text);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ ...result, code: code ?? (signal === 'SIGKILL' ? 137 : 143) }));
  });
}
