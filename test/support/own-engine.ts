import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/engine/connect.js';
import { makeOwnFolder } from './own-folder.js';
import { patience } from './patience.js';

const dockerd = '/usr/sbin/dockerd';

/** Why a test cannot have an engine of its own; null when it can. */
export const noOwnEngine = process.getuid?.() === 0 && existsSync(dockerd) ? null : `needs root and ${dockerd}`;

/** A dockerd to kill, with nothing of the system's. */
export interface OwnEngine {
  readonly folder: string;
  readonly socketPath: string;
  readonly url: string;
  /** Starts it where it does not run, and waits until it answers. */
  start(): Promise<void>;
  /** Resolves when it has ended. */
  stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** It does not go on, and keeps its connections open. */
  hang(): void;
  goOn(): void;
  /** Ends it, and removes all that it had. */
  remove(): Promise<void>;
}

/** @param more Further words for dockerd. */
export async function makeOwnEngine(...more: string[]): Promise<OwnEngine> {
  const { folder, remove } = makeOwnFolder('engine');
  const socketPath = `${folder}/docker.sock`;
  const words = [
    ...['--host', `unix://${socketPath}`, '--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`],
    ...['--pidfile', `${folder}/pid`, '--bridge=none', '--iptables=false', '--ip-masq=false'],
    ...['--log-level=error', '--shutdown-timeout=2', ...more],
  ];
  let daemon: ChildProcess | null = null;
  const stop = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (daemon === null || hasEnded(daemon)) return;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    daemon.kill('SIGCONT');
    await ended;
  };
  return {
    folder,
    socketPath,
    url: `unix://${socketPath}`,
    async start() {
      if (daemon === null || hasEnded(daemon)) daemon = await startDaemon(words, socketPath);
    },
    stop,
    hang: () => void daemon?.kill('SIGSTOP'),
    goOn: () => void daemon?.kill('SIGCONT'),
    async remove() {
      await stop('SIGTERM');
      remove();
    },
  };
}

async function startDaemon(words: readonly string[], socketPath: string): Promise<ChildProcess> {
  let log = '';
  let child: ChildProcess | undefined;
  for (const deadline = performance.now() + 60_000 * patience; performance.now() < deadline; await sleep(100)) {
    // What a killed one left running may be in the way of the next for a moment: it is started again then.
    if (child === undefined || hasEnded(child)) {
      // What leads nisher to the engine under test (DOCKER_TLS_VERIFY) is not for this one.
      const env = { ...process.env, DOCKER_TLS_VERIFY: undefined, DOCKER_CERT_PATH: undefined };
      child = spawn(dockerd, words, { stdio: ['ignore', 'ignore', 'pipe'], env });
      child.stderr?.on('data', (chunk: Buffer) => {
        log = `${log}${chunk.toString()}`.slice(-2000);
      });
    }
    try {
      const { docker } = await connect(`unix://${socketPath}`);
      await docker.ping();
      return child;
    } catch {
      // Not yet.
    }
  }
  throw new Error(`dockerd did not come up: ${log}`);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
