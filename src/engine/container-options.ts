import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import type { SandboxSpec } from '../call/sandbox.js';
import { BASE_ENVIRONMENT, CODE_DIRECTORY } from '../wire/protocol.js';
import { CALL_LABEL, DEADLINE_LABEL, OWNER_LABEL } from './labels.js';
import { pidsLimit } from './pids-limit.js';

/** What a container's options depend on beside its spec. */
export interface ContainerSurroundings {
  readonly name: string;
  readonly image: string;
  readonly owner: string;
  readonly cores: number;
  readonly flavour: 'docker' | 'podman';
  /** Threads of the image's node once its thread pool is filled. */
  readonly runnerTasks: number;
  /** See loopback.ts. */
  readonly hosts: string | null;
  /** Of the image. */
  readonly volumes: readonly string[];
}

/** Where the image has the runner. */
export const RUNNER_PATH = '/nisher/runner.cjs';

const SCRATCH_DIRECTORY = '/tmp';

const MIB = 2 ** 20;
/** A page: 0 would be no bound. */
const LEAST_TMPFS = 4096;
/** The user of the runner image, and nobody in particular in any other. */
const UID = 1000;
/** What the engines give by default. */
const SHM_IN_BYTES = 64 * MIB;
/** The engine refuses more cores than there are; the kernel, less than 1 ms in a period of 100 ms. */
const LEAST_CPUS = 0.01;
/** When the machine itself runs out of memory, a container goes before the machine's own services (0) do. */
const OOM_SCORE_ADJ = 500;
/**
 * Podman mounts them, of any size and for all to write to, wherever the root is read-only, and mounts its init in the first: they
 * cannot be had away, only made so small and so closed.
 */
const PODMANS_TMPFS = {
  '/run': 'rw,noexec,nosuid,nodev,size=65536,mode=0755',
  '/var/tmp': 'rw,noexec,nosuid,nodev,size=65536,mode=0755',
};

/** The body of the engine's `/containers/create`. */
export function containerOptions(spec: SandboxSpec, surroundings: ContainerSurroundings): ContainerCreateOptions {
  const { name, image, owner, hosts } = surroundings;
  return {
    name,
    Image: image,
    Hostname: 'nisher',
    ...(hosts !== null && { NetworkDisabled: true }),
    User: `${UID}:${UID}`,
    WorkingDir: CODE_DIRECTORY,
    Env: Object.entries(BASE_ENVIRONMENT).map(([variable, value]) => `${variable}=${value}`),
    Entrypoint: ['/usr/local/bin/node'],
    Cmd: [...spec.nodeArguments, RUNNER_PATH],
    // Input ends when the one client goes, by SIGKILL too: the runner then leaves.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    // For an engine that shuts down: a SIGTERM would look like one that somebody sent to the function.
    StopSignal: 'SIGKILL',
    Labels: {
      [OWNER_LABEL]: owner,
      [CALL_LABEL]: name,
      ...(spec.deadline !== null && { [DEADLINE_LABEL]: `${Math.ceil(spec.deadline)}` }),
    },
    HostConfig: hostConfig(spec, surroundings),
  };
}

function hostConfig(spec: SandboxSpec, surroundings: ContainerSurroundings): HostConfig {
  const { cores, runnerTasks, flavour } = surroundings;
  const mounts = mountsFor(surroundings);
  const pids = pidsLimit(runnerTasks, spec.extraTasks);
  return {
    // The engine removes it even when this program is gone by then.
    AutoRemove: true,
    Init: true,
    // json-file, the default, grows without bound on the engine's disk.
    LogConfig: { Type: 'none', Config: {} },
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    IpcMode: 'private',
    OomScoreAdj: OOM_SCORE_ADJ,
    NetworkMode: spec.network,
    ...(mounts.length > 0 && { Mounts: mounts }),
    Tmpfs: {
      [SCRATCH_DIRECTORY]: `rw,exec,nosuid,nodev,size=${Math.ceil(spec.scratchInBytes)},mode=1777`,
      [CODE_DIRECTORY]: `rw,exec,nosuid,nodev,size=${Math.ceil(spec.codeInBytes)},${codeOwner(flavour)}`,
      ...(flavour === 'podman' && PODMANS_TMPFS),
    },
    // /dev/shm can be written to as /tmp can.
    ShmSize: Math.ceil(Math.min(SHM_IN_BYTES, spec.scratchInBytes)),
    Ulimits: [
      { Name: 'core', Soft: 0, Hard: 0 },
      ...(spec.cpuBackstopInS === null
        ? []
        : [{ Name: 'cpu', Soft: spec.cpuBackstopInS.soft, Hard: spec.cpuBackstopInS.hard }]),
    ],
    ...(spec.memInBytes !== null && {
      Memory: Math.floor(spec.memInBytes),
      // Memory and swap together; unless they are equal, as much swap again is allowed.
      MemorySwap: Math.floor(spec.memInBytes),
    }),
    ...(spec.cpus !== null && spec.cpus < cores && { NanoCpus: Math.round(Math.max(spec.cpus, LEAST_CPUS) * 1e9) }),
    ...(pids !== null && { PidsLimit: pids }),
    ...(spec.runtime !== null && { Runtime: spec.runtime }),
  };
}

function mountsFor({ hosts, volumes }: ContainerSurroundings): MountSettings[] {
  return [
    ...(hosts === null ? [] : [{ Type: 'bind' as const, Source: hosts, Target: '/etc/hosts', ReadOnly: true }]),
    // A volume of the image's would be a folder on the engine's disk, without a bound, for a function to write to; and Docker 20.10 leaves it
    // behind when it finds its container dead after a restart. Nothing else keeps an engine from making it than something in its place.
    ...volumes
      .filter((folder) => folder !== SCRATCH_DIRECTORY && folder !== CODE_DIRECTORY)
      .map((Target) => ({
        Type: 'tmpfs' as const,
        Source: '',
        Target,
        ReadOnly: true,
        TmpfsOptions: { SizeBytes: LEAST_TMPFS, Mode: 0o555 },
      })),
  ];
}

/**
 * Podman refuses `uid=`. Docker's runc (1.1) gives the mount the mode of the folder below it, whatever `mode=` says, so that in an
 * image which has that folder already only the owner is sure to be able to write.
 */
function codeOwner(flavour: 'docker' | 'podman'): string {
  return flavour === 'podman' ? 'mode=1777' : `mode=0700,uid=${UID},gid=${UID}`;
}
