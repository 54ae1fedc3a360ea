import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How a program ended that says, with a message to its parent, what it is at. */
export interface Ended {
  /** null when it was killed. */
  readonly exitCode: number | null;
  /** What it was at when it had said nothing for too long, and was killed; null when it ended by itself. */
  readonly stuckAt: string | null;
}

/** Runs a module as a program of its own: one that loops can be ended only from outside. */
export async function supervise(module: URL, args: readonly string[], longestSilenceInMs: number): Promise<Ended> {
  const child = fork(fileURLToPath(module), args, {
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let at = 'the beginning';
  let stuckAt: string | null = null;
  const end = () => {
    stuckAt = at;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(end, longestSilenceInMs);
  child.on('message', (message) => {
    at = String(message);
    clearTimeout(timer);
    timer = setTimeout(end, longestSilenceInMs);
  });
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  return { exitCode, stuckAt };
}
