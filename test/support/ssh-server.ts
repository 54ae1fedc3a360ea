import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { makeOwnFolder } from './own-folder.js';
import { patience } from './patience.js';

const sshd = '/usr/sbin/sshd';
const needed = [sshd, '/usr/bin/ssh', '/usr/bin/ssh-keygen', '/usr/bin/docker'];

/** Why there can be no ssh server of a test's own; null when there can. */
export const noSshServer =
  process.getuid?.() === 0 && needed.every((file) => existsSync(file)) ? null : `needs root and ${needed.join(', ')}`;

/** A real sshd on 127.0.0.1, with keys of its own; nothing of /etc/ssh or ~/.ssh is read. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:port`; the path of an engine's socket can follow. */
  readonly url: string;
  /** Has an `ssh` that knows the server and has a key for it: for the front of PATH. */
  readonly clientFolder: string;
  /** What the client takes for the server's key. */
  readonly knownHostsFile: string;
  stop(): Promise<void>;
}

export async function startSshServer(): Promise<SshServer> {
  const { folder, remove } = makeOwnFolder('ssh');
  const file = (name: string) => path.join(folder, name);
  const port = await freePort();
  for (const key of ['host', 'client']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  }
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`);
  writeFileSync(
    file('sshd_config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('client.pub')}`,
      'PidFile none',
      'UsePAM no',
      // The folder lies in /tmp, which all may write to.
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      // A connection for each request: several calls at once are many that log in at once.
      'MaxStartups 200',
    ].join('\n'),
  );
  writeFileSync(
    file('ssh_config'),
    `IdentityFile ${file('client')}\nIdentitiesOnly yes\nUserKnownHostsFile ${file('known_hosts')}\nStrictHostKeyChecking yes\n`,
  );
  mkdirSync(file('client.d'));
  writeFileSync(file('client.d/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${file('ssh_config')} "$@"\n`, { mode: 0o755 });
  // Where sshd of root locks its processes in; where services run, Debian's own makes it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });

  const server = spawn(sshd, ['-D', '-e', '-f', file('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.on('data', (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-2000);
  });
  const stop = async () => {
    await end(server);
    // Connections that are still open have it, too, and it would keep this program alive.
    server.stderr.destroy();
    remove();
  };
  for (const deadline = performance.now() + 10_000 * patience; !(await listens(port)); await sleep(50)) {
    if (server.exitCode === null && performance.now() < deadline) continue;
    await stop();
    throw new Error(`sshd did not come up: ${log}`);
  }
  const url = `ssh://${userInfo().username}@127.0.0.1:${port}`;
  return { url, clientFolder: file('client.d'), knownHostsFile: file('known_hosts'), stop };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
