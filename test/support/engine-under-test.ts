import { connect } from '../../src/engine/connect.js';
import { openDockerEngine } from '../../src/engine/docker-engine.js';
import { runsInGvisor } from '../../src/engine/gvisor.js';
import { ensureImage } from '../../src/engine/image.js';
import { ownHosts } from '../../src/engine/loopback.js';
import { specOf } from '../engine/engine-sandbox.js';

/*
 * What the engine under test cannot do, each as a reason for a test's `unless`; null where it can.
 */

const connection = await connect(null);
const { info, endpoint } = connection;

/** gVisor answers system calls itself: it has no limit on processes, no RLIMIT_CPU, /proc and a count of CPU time of its own. */
export const noKernelOfTheHost = runsInGvisor(info, null) ? "containers run in gVisor, whose kernel is not the host's" : null;

/** `runtime` is refused. */
export const noRuntimes = info.flavour === 'podman' ? "Podman's service runs everything in its own runtime" : null;

/** Its containers are killed at their start instead. */
export const noLeastMemory = info.flavour === 'podman' ? 'Podman has no least memory' : null;

/** A mark behind the last that a dead container printed does not come through. */
export const noEndMark =
  info.flavour === 'podman' ? "Podman's conmon reads no more when the container's first process has ended" : null;

/** Nothing of it is left to the runtime. */
export const noOwnHosts =
  ownHosts(info, await ensureImage(connection), specOf('')) === null
    ? "every container's network is the engine's to make"
    : null;

/** For a proxy in between. */
export const noSocket = endpoint.kind === 'unix' ? null : 'the engine does not listen on a socket of this machine';

/** Neither its processes nor their cgroups: its own statistics are all there is of their usage. */
export const noCgroup = (await meterOfContainers()) === 'cgroup' ? null : "the engine's cgroups cannot be seen from here";

const notRoot = process.getuid?.() === 0 ? null : "only root may open what a container's process has open";

/** The pipes that are a container's streams can only be reached through the engine. */
export const noPipes = noCgroup ?? noKernelOfTheHost ?? notRoot;

/** CPU seconds that a call may use beyond its limit: an engine's own statistics are up to 2 s late, of as many cores as it has. */
export const cpuLateByInS = noCgroup === null ? 0 : 2 * info.cores;

async function meterOfContainers(): Promise<'cgroup' | 'engine'> {
  const sandbox = await (await openDockerEngine()).start(specOf('process.stdin.resume()'));
  await sandbox.remove();
  return sandbox.meter;
}
