import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

/**
 * Options of the container in which `call` runs, as the engine has them: the same image and limits for a container without nisher.
 * @param owner Value of the label `nisher.owner` of this program.
 */
export async function containerOptionsOf(
  docker: Docker,
  owner: string,
  call: Promise<unknown>,
): Promise<Docker.ContainerCreateOptions> {
  const filters = { label: [`nisher.owner=${owner}`], status: ['running'] };
  for (let tries = 0; tries < 500; tries++) {
    const [found] = await docker.listContainers({ filters });
    if (found !== undefined) {
      const { Config, HostConfig } = await docker.getContainer(found.Id).inspect();
      await call;
      const { Image, User, WorkingDir, Env, Entrypoint, Cmd, OpenStdin, StdinOnce, NetworkDisabled } =
        Config as Docker.ContainerCreateOptions;
      return {
        ...{
          Image,
          User,
          WorkingDir,
          Env,
          Cmd,
          OpenStdin,
          StdinOnce,
          NetworkDisabled,
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
        },
        ...(Entrypoint !== undefined && { Entrypoint }),
        // With AutoRemove there would be nothing left to inspect and remove.
        HostConfig: { ...HostConfig, AutoRemove: false },
      };
    }
    await sleep(10);
  }
  throw new Error(`No running container with the label nisher.owner=${owner} within 5 s`);
}
