import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ownEnvironment } from '../own-environment.js';
import type { Endpoint } from './engine-url.js';

/** What a program has on an engine: nothing; containers; or some of which the engine has not answered yet whether it made them. */
export type Holdings = 'idle' | 'holding' | 'creating';

/**
 * Waits for its input to end, which the kernel sees to however the program ends, and becomes a node that cleans up if the last word was
 * that there is something. A shell, because it takes a tenth of node's memory and 1 ms of CPU, and most programs end with nothing left.
 */
const SCRIPT = `trap '' HUP INT TERM; while read -r word; do last=$word; done; [ "\${last:-idle}" = idle ] || exec "$@" "$last"`;

/** The built program is JavaScript; from the sources it takes what compiles them. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/**
 * Starts a process that outlives this program and removes what it leaves on the engine (reap.ts): a container that was created and not
 * started does not remove itself, one that is busy or stopped does not see its input end.
 * @returns tells it what there is to remove should the program end now. Where there is no such process, the next sweep has to do.
 */
export function startReaper(endpoint: Endpoint): (holdings: Holdings) => void {
  let child: ChildProcess;
  try {
    child = spawn('/bin/sh', ['-c', SCRIPT, 'nisher-reaper', ...reapCommand(endpoint)], {
      // A session of its own: Ctrl-C is for the program, and so is the end of its terminal.
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
      // Options for the program's node (--inspect, --require) are not for this one.
      env: ownEnvironment({ NODE_OPTIONS: undefined }),
    });
  } catch {
    // Node's permission model may forbid it.
    return () => {};
  }
  const input = child.stdin as Socket;
  // No shell, or no process to be had; or somebody has killed it.
  child.on('error', () => {});
  input.on('error', () => {});
  child.unref();
  input.unref();
  let last: Holdings = 'idle';
  return (holdings) => {
    if (holdings !== last) input.write(`${holdings}\n`);
    last = holdings;
  };
}

function reapCommand(endpoint: Endpoint): string[] {
  const compiler = extension === '.ts' ? ['--import', import.meta.resolve('tsx')] : [];
  return [
    process.execPath,
    ...compiler,
    fileURLToPath(new URL(`./reap${extension}`, import.meta.url)),
    JSON.stringify(endpoint),
  ];
}
