import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type Docker from 'dockerode';

const run = promisify(execFile);

/** Whether there is a `docker` command. */
export async function hasDockerCli(): Promise<boolean> {
  return await run('docker', ['--version']).then(
    () => true,
    () => false,
  );
}

/** `docker run --rm` of a program that prints a word, under the same limits. */
export async function dockerRun(
  socket: string,
  { Image, Entrypoint, Cmd, HostConfig }: Docker.ContainerCreateOptions,
): Promise<void> {
  const { Memory, PidsLimit } = HostConfig ?? {};
  const limits = [`--memory=${Memory}`, `--memory-swap=${Memory}`, `--pids-limit=${PidsLimit}`];
  const isolation = [
    '--network=none',
    '--read-only',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    '--log-driver=none',
  ];
  const [program = '', ...options] = [Entrypoint ?? [], Cmd ?? []].flat();
  const words = ['run', '--rm', '--init', ...limits, ...isolation, '--entrypoint', program, Image ?? '', ...options];
  const { stdout } = await run('docker', ['--host', socket, ...words]);
  if (stdout !== 'ready') throw new Error(`docker run printed ${JSON.stringify(stdout)}`);
}
