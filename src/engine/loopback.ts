import type { ImageInspectInfo } from 'dockerode';
import type { SandboxSpec } from '../call/sandbox.js';
import type { EngineInfo } from './engine-info.js';
import type { RunnerImage } from './image.js';
import { isPlainRuntime } from './plain-runtime.js';

/*
 * A container without a network needs nothing of the engine's networking: its runtime gives it a network namespace of its own with a
 * loopback interface that is up (runc's `loopback` in libcontainer/network_linux.go, crun's src/libcrun/linux.c). That is what Docker
 * leaves it with if asked for `NetworkDisabled`, in half the time: Docker before 28 starts its own program once more for each container
 * otherwise (`libnetwork-setkey`), to take hold of the namespace.
 *
 * /etc/hosts, which Docker's networking writes, is empty then, whatever the image has there. So the image has one elsewhere, and it is
 * mounted from where the engine itself keeps the image's layer: nothing of the machine's.
 */

/** Where the image has it. */
const HOSTS_FILE = '/nisher/hosts';

/** The file that becomes a container's /etc/hosts, on the engine's machine; null where its network is the engine's to make. */
export function ownHosts(info: EngineInfo, image: RunnerImage, spec: SandboxSpec): string | null {
  // gVisor, for one, takes over the network that it finds.
  const isLeftToRuntime = info.flavour === 'docker' && spec.network === 'none' && isPlainRuntime(info, spec.runtime);
  return isLeftToRuntime ? image.hosts : null;
}

/** That file, of an image that has no layer but nisher's; null where the engine does not tell where it keeps it. */
export function hostsOf({ GraphDriver, RootFS }: ImageInspectInfo): string | null {
  // Engines with containerd's image store have no GraphDriver.
  const driver = GraphDriver as { Name: unknown; Data: { UpperDir?: unknown } | null } | null | undefined;
  const layer = driver?.Data?.UpperDir;
  if (driver?.Name !== 'overlay2' || typeof layer !== 'string' || RootFS?.Layers?.length !== 1) return null;
  return `${layer}${HOSTS_FILE}`;
}
