import { once } from 'node:events';
import type Docker from 'dockerode';

/** What it prints is all that a bare call waits for. */
export const BARE_PROGRAM = 'process.stdout.write("ready")';

/**
 * One container call in nothing but requests to the engine: create, attach, start, first output, wait, inspect, remove.
 * @returns milliseconds until it was started: no call that starts a container can be quicker
 */
export async function bareCall(docker: Docker, options: Docker.ContainerCreateOptions): Promise<number> {
  const since = performance.now();
  const container = await docker.createContainer(options);
  const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
  await container.start();
  const startedInMs = performance.now() - since;
  await once(stream, 'data');
  stream.resume();
  await container.wait();
  await container.inspect();
  await container.remove();
  return startedInMs;
}
