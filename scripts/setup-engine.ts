/** Makes sure that there is a Docker engine. As a command (`tsx scripts/setup-engine.ts`): does so, and says what it did. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '../src/engine/connect.js';
import { EngineError } from '../src/engine/engine-error.js';
import { findDockerd, INSTALL_COMMAND, startPrivateEngine } from '../src/engine/private-engine.js';
import { canInstall, install } from './apt-get.js';

export interface ReadyEngine {
  endpoint: string;
  /** A private engine that was not there before; whoever asked for it ends it, or says that it goes on. */
  started: boolean;
}

// A service that its package's installation has started is up within a second or two.
const serviceStartInS = 10;

/**
 * Uses the engine that nisher would find. If there is none, starts a private one, and installs Debian's dockerd first when this
 * machine has none and we are root.
 * @param say Told what is done, a line at a time.
 * @throws PynisherError when none can be had, or the one that was named (DOCKER_HOST, a context) is of no use.
 */
export async function setupEngine(say: (line: string) => void): Promise<ReadyEngine> {
  const present = (await useReachable(say)) ?? (await installDocker(say));
  if (present !== null) return present;
  const { endpoint, pid, started } = await startPrivateEngine();
  say(`Engine: ${started ? 'started' : 'using'} a private dockerd (pid ${pid}) at ${endpoint}`);
  return { endpoint, started };
}

async function useReachable(say: (line: string) => void): Promise<ReadyEngine | null> {
  try {
    const { endpoint, info } = await connect(null);
    say(`Engine: using ${info.flavour} ${info.version} at ${endpoint.url}`);
    return { endpoint: endpoint.url, started: false };
  } catch (error) {
    const named = process.env.DOCKER_HOST || process.env.DOCKER_CONTEXT;
    if (error instanceof EngineError && error.kind === 'no-engine' && !named) return null;
    throw error;
  }
}

/** Null: there is a dockerd now, and it does not run. */
async function installDocker(say: (line: string) => void): Promise<ReadyEngine | null> {
  if (findDockerd() !== null) return null;
  if (!canInstall) throw new Error(`There is no Docker engine here. Install one: ${INSTALL_COMMAND}`);
  say('Engine: none here, and no dockerd. Installing docker.io and iptables with apt-get ...');
  await install('docker.io', 'iptables');
  // Where services run (systemd, or an init script that could start it), the package has just started its own.
  const deadline = performance.now() + serviceStartInS * 1000;
  while (existsSync('/run/systemd/system') || existsSync('/var/run/docker.pid')) {
    const engine = await useReachable(say);
    if (engine !== null || performance.now() > deadline) return engine;
    await sleep(200);
  }
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { started } = await setupEngine((line) => process.stdout.write(`${line}\n`));
  if (started) process.stdout.write('It goes on running; `nisher engine stop` ends it.\n');
}
