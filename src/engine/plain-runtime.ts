import type { EngineInfo } from './engine-info.js';

const plainRuntimes: readonly string[] = ['runc', 'crun', 'io.containerd.runc.v2'];

/**
 * Whether a container's processes are the host kernel's own, started by a runtime that is known to do nothing more: not in a virtual
 * machine, nor in a kernel in user space.
 * @param runtime null: the engine's default one
 */
export function isPlainRuntime({ defaultRuntime }: EngineInfo, runtime: string | null): boolean {
  return plainRuntimes.includes(runtime ?? defaultRuntime);
}
