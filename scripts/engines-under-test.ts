import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../src/engine/connect.js';
import { makeCertificates } from '../test/support/certificates.js';
import { freePort } from '../test/support/free-port.js';
import { makeOwnEngine } from '../test/support/own-engine.js';
import { makeOwnFolder } from '../test/support/own-folder.js';
import { startSshServer } from '../test/support/ssh-server.js';

/** An engine that the whole suite can be run on. Each is started for it, apart from the system's own, and ended afterwards. */
export interface EngineUnderTest {
  /** Commands that must be there, each with the Debian package that has it. */
  readonly needs: Readonly<Record<string, string>>;
  readonly seenFrom: Viewpoint;
  start(): Promise<RunningEngine>;
}

/**
 * Whose eyes the tests look through: root's; those of a user who may use the socket and has no other rights; or of another machine, which
 * sees neither the engine's processes nor their cgroups.
 */
export type Viewpoint = 'root' | 'user' | 'elsewhere';

/** nobody's, who owns nothing. */
export const USER_ID = 65534;

export interface RunningEngine {
  /** What leads nisher to it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const docker = { '/usr/sbin/dockerd': 'docker.io' };

export const enginesUnderTest: Readonly<Record<string, EngineUnderTest>> = {
  runsc: { needs: { ...docker, '/usr/bin/runsc': 'runsc' }, seenFrom: 'root', start: startRunsc },
  podman: {
    needs: { '/usr/bin/podman': 'podman', '/usr/sbin/runc': 'runc', '/usr/bin/catatonit': 'catatonit' },
    seenFrom: 'root',
    start: startPodman,
  },
  user: { needs: docker, seenFrom: 'user', start: startForUser },
  tls: { needs: { ...docker, '/usr/bin/openssl': 'openssl' }, seenFrom: 'elsewhere', start: startTls },
  ssh: {
    needs: { ...docker, '/usr/sbin/sshd': 'openssh-server', '/usr/bin/ssh': 'openssh-client' },
    seenFrom: 'elsewhere',
    start: startSsh,
  },
};

/** gVisor as the runtime of all containers, on ptrace: the one of its platforms that every machine has. */
async function startRunsc(): Promise<RunningEngine> {
  const { folder, remove } = makeOwnFolder('engines');
  // Without a network of its own: Debian 12's takes a container's for the host's on Linux 6.18.
  const runsc = { path: '/usr/bin/runsc', runtimeArgs: ['--platform=ptrace', '--network=none'] };
  await writeFile(path.join(folder, 'daemon.json'), JSON.stringify({ runtimes: { runsc } }));
  const engine = await makeOwnEngine('--config-file', path.join(folder, 'daemon.json'), '--default-runtime', 'runsc');
  await engine.start();
  return { env: { DOCKER_HOST: engine.url }, stop: inOrder(engine.remove, remove) };
}

/** As members of the group `docker` use it. */
async function startForUser(): Promise<RunningEngine> {
  const { folder, remove } = makeOwnFolder('engines');
  await chown(folder, USER_ID, USER_ID);
  const engine = await makeOwnEngine();
  await engine.start();
  await chmod(engine.folder, 0o711);
  await chown(engine.socketPath, USER_ID, USER_ID);
  return { env: { DOCKER_HOST: engine.url, HOME: folder }, stop: inOrder(engine.remove, remove) };
}

async function startTls(): Promise<RunningEngine> {
  const { folder, remove } = makeOwnFolder('engines');
  makeCertificates(folder);
  const url = `tcp://127.0.0.1:${await freePort()}`;
  const files = [
    ['--tlscacert', 'ca.pem'],
    ['--tlscert', 'server.pem'],
    ['--tlskey', 'server-key.pem'],
  ].flatMap(([option = '', file = '']) => [option, path.join(folder, file)]);
  const engine = await makeOwnEngine('--host', url, '--tlsverify', ...files);
  await engine.start();
  return { env: { DOCKER_HOST: url, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }, stop: inOrder(engine.remove, remove) };
}

async function startSsh(): Promise<RunningEngine> {
  const engine = await makeOwnEngine();
  await engine.start();
  const server = await startSshServer();
  const env = { DOCKER_HOST: `${server.url}${engine.socketPath}`, PATH: `${server.clientFolder}:${process.env.PATH}` };
  return { env, stop: inOrder(server.stop, engine.remove) };
}

/** Podman's service with runc, in folders of its own. */
async function startPodman(): Promise<RunningEngine> {
  const { folder, remove } = makeOwnFolder('engines');
  await writeFile(path.join(folder, 'runc'), runcWithinOurLimits, { mode: 0o755 });
  const url = `unix://${folder}/podman.sock`;
  const words = [
    ...['--root', `${folder}/root`, '--runroot', `${folder}/run`, '--tmpdir', `${folder}/tmp`, '--events-backend', 'file'],
    ...['--runtime', `${folder}/runc`, '--cgroup-manager', 'cgroupfs', 'system', 'service', '--time=0', url],
  ];
  // There: its conmon leaves a file named `oom` where it was started.
  const service = spawn('podman', words, { cwd: folder, stdio: 'ignore' });
  const ended = once(service, 'exit');
  const stop = async () => {
    service.kill('SIGTERM');
    await ended;
    remove();
  };
  for (let tries = 0; !(await answers(url)); tries++) {
    await sleep(100);
    if (service.exitCode === null && tries < 300) continue;
    await stop();
    throw new Error(`podman ${words.join(' ')} does not answer`);
  }
  return { env: { DOCKER_HOST: url }, stop };
}

/** Podman gives each container a million files and processes; a root without CAP_SYS_RESOURCE cannot have more than it has itself. */
const runcWithinOurLimits = `#!/bin/sh
for word; do
  if [ "$previous" = --bundle ]; then
    '${process.execPath}' -e '
      const fs = require("node:fs"), file = process.argv[1] + "/config.json", config = JSON.parse(fs.readFileSync(file, "utf8"));
      config.process.rlimits = config.process.rlimits.filter(({ type }) => type !== "RLIMIT_NOFILE" && type !== "RLIMIT_NPROC");
      fs.writeFileSync(file, JSON.stringify(config))' "$word"
  fi
  previous=$word
done
exec /usr/sbin/runc "$@"
`;

async function answers(url: string): Promise<boolean> {
  return await connect(url).then(
    () => true,
    () => false,
  );
}

function inOrder(...steps: readonly (() => void | Promise<void>)[]): () => Promise<void> {
  return async () => {
    for (const step of steps) await step();
  };
}
