import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { ownEnvironment } from '../own-environment.js';

/** Where ssh goes to, and which socket the engine has there. */
export interface SshTarget {
  readonly target: string;
  readonly port: number | null;
  readonly socketPath: string | null;
}

/**
 * An agent whose connections are `ssh HOST docker system dial-stdio`, as the docker command makes them: with the user's own
 * configuration, keys and known hosts. (ssh2, which dockerode brings along, accepts any host key unless told otherwise.)
 */
export function makeSshAgent(target: SshTarget): Agent {
  const agent = new Agent({ keepAlive: false });
  return Object.assign(agent, { createConnection: () => openSshConnection(target) });
}

function openSshConnection({ target, port, socketPath }: SshTarget): Duplex {
  const remoteCommand = [
    'docker',
    ...(socketPath === null ? [] : ['--host', quote(`unix://${socketPath}`)]),
    'system',
    'dial-stdio',
  ];
  const ssh = spawn(
    'ssh',
    [
      '-T',
      '-o',
      'BatchMode=yes',
      '-o',
      'ConnectTimeout=5',
      ...(port === null ? [] : ['-p', `${port}`]),
      '--',
      target,
      ...remoteCommand,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], env: ownEnvironment() },
  );
  let said = '';
  ssh.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-1000);
  });
  const connection = new Duplex({
    read: () => void ssh.stdout.resume(),
    // Input that ssh does not take any more is no error of its own: its end tells why, and EPIPE would hide that.
    write: (chunk: Buffer, _encoding, done) => void ssh.stdin.write(chunk, () => done()),
    final: (done) => void ssh.stdin.end(() => done()),
    destroy: (error, done) => {
      ssh.kill();
      done(error);
    },
  });
  ssh.stdin.on('error', () => {});
  ssh.stdout.on('data', (chunk: Buffer) => {
    if (!connection.push(chunk)) ssh.stdout.pause();
  });
  ssh.once('error', (error) => connection.destroy(error));
  ssh.once('close', (code) => {
    if (code === 0) connection.push(null);
    else connection.destroy(new Error(`ssh ${target} ended with ${code ?? 'a signal'}: ${said.trim()}`));
  });
  // What http.Agent and the stream of events ask of a socket.
  return Object.assign(connection, {
    ref: () => ssh.ref(),
    unref: () => {
      for (const handle of [ssh, ssh.stdin, ssh.stdout, ssh.stderr]) (handle as { unref?: () => void }).unref?.();
    },
  });
}

/** For the shell at the other end. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
