import childProcess from 'node:child_process';
import type { Message, TransformOptions, TransformResult } from 'esbuild';
import { ownEnvironment } from '../../own-environment.js';
import { PackError } from '../payload.js';

/**
 * esbuild as a process that turns text into text: it is given no path that it could read. It is started with the first source that needs it.
 * One that a source brings down is begun anew, and the others are compiled again.
 */
export interface Compiler {
  /** @throws CompileError as the compiler says it; PackError when the source brings the compiler down. */
  transform(text: string, options: TransformOptions & { readonly sourcefile: string }): Promise<TransformResult>;
  /** Kills its process, and waits until it is gone. */
  close(): Promise<void>;
}

/** The source is wrong. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  constructor({ text, location }: Message) {
    super(text);
    this.line = location?.line ?? 1;
    this.column = (location?.column ?? 0) + 1;
  }
}

type Esbuild = typeof import('esbuild');

export function makeCompiler(): Compiler {
  const processes = new Set<childProcess.ChildProcess>();
  let esbuild: Promise<Esbuild> | null = null;
  /** Sources that brought it down, or were there when it went down, are compiled one after another. */
  let alone: Promise<unknown> = Promise.resolve();

  async function attempt(text: string, options: TransformOptions): Promise<TransformResult | null> {
    esbuild ??= loadWith(processes);
    const { transform } = await esbuild;
    try {
      return await transform(text, { ...options, logLevel: 'silent' });
    } catch (error) {
      const [message] = (error as { errors?: Message[] }).errors ?? [];
      if (message !== undefined) throw new CompileError(message);
      // It said nothing of the source: its process has ended.
      return null;
    }
  }

  async function restart(): Promise<void> {
    await (await esbuild)?.stop();
  }

  return {
    async transform(text, options) {
      const result = await attempt(text, options);
      if (result !== null) return result;
      const turn = alone.then(async () => {
        await restart();
        return await attempt(text, options);
      });
      alone = turn.catch(() => {});
      const again = await turn;
      if (again !== null) return again;
      await restart();
      throw new PackError(
        `${options.sourcefile} brings the compiler (esbuild) down`,
        'Is it nested thousands of levels deep? Split the expression, or give data in a JSON file',
      );
    },
    async close() {
      await Promise.all(
        [...processes].map(async (each) => {
          const gone = new Promise((resolve) => each.once('exit', resolve));
          each.ref();
          each.kill('SIGKILL');
          await gone;
        }),
      );
    },
  };
}

/**
 * esbuild, with its processes noted, so that they can be killed; without this process's stderr, where one that crashes would print pages of
 * its stacks; and with an environment of its own keys only, as what a program adds to Object.prototype is none.
 */
async function loadWith(processes: Set<childProcess.ChildProcess>): Promise<Esbuild> {
  const { spawn } = childProcess;
  childProcess.spawn = ((command: string, args: readonly string[], options: childProcess.SpawnOptions) => {
    const child = spawn(command, args, { ...options, env: ownEnvironment(), stdio: ['pipe', 'pipe', 'ignore'] });
    processes.add(child);
    child.on('exit', () => processes.delete(child));
    return child;
  }) as typeof spawn;
  return await import('esbuild');
}
