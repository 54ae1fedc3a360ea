import type { SandboxSpec } from '../call/sandbox.js';
import { EngineError } from './engine-error.js';
import type { EngineInfo } from './engine-info.js';

/**
 * Whether a container runs in gVisor, a kernel in user space, by the names that its runtime is registered under: `runsc`, `runsc-kvm`,
 * `io.containerd.runsc.v1`, `gvisor`.
 * @param runtime null: the engine's default one
 */
export function runsInGvisor({ defaultRuntime }: EngineInfo, runtime: string | null): boolean {
  return /runsc|gvisor/i.test(runtime ?? defaultRuntime);
}

/**
 * The kernel's limit on tasks would count the threads of gVisor itself, which does not start with as few as a function needs, and has
 * no limit of its own for what runs in it.
 */
export function refuseProcessLimit(info: EngineInfo, { runtime, extraTasks }: SandboxSpec): void {
  if (extraTasks === null || !runsInGvisor(info, runtime)) return;
  throw new EngineError(
    'unkept-limit',
    `The runtime \`${runtime ?? info.defaultRuntime}\` is gVisor, where the number of processes cannot be limited`,
    { hint: 'Lift that limit with `numProcesses: null`; `memInMb` and `wallTimeInS` bound what its processes can take' },
  );
}
