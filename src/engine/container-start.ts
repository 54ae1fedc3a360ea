import type { Container } from 'dockerode';
import { ask } from './ask.js';
import type { Engine } from './connect.js';
import { toldOf } from './container-exit.js';
import { EngineError } from './engine-error.js';
import { watchMachineOoms } from './machine-ooms.js';

/**
 * Starts a container that has been created. Its runtime's own program is in the cgroup before the function's is, and may be too much for
 * a small limit: runc takes 7 to 18 MiB. Engines do not say so when that is killed after the container was made, and before it is told to go
 * on, and the cgroup has gone by their answer. The machine's count of OOM kills is there still; of an engine that may be elsewhere nothing is.
 * @throws EngineError
 */
export async function startCreated({ endpoint }: Engine, container: Container, memInBytes: number | null): Promise<void> {
  const ooms = watchMachineOoms(endpoint.kind === 'unix', memInBytes !== null, () => 0);
  try {
    await ask('start a container', (abortSignal) => container.start({ abortSignal }));
  } catch (error) {
    const isUnexplained = error instanceof EngineError && error.kind === 'ended-early';
    if (!isUnexplained || memInBytes === null || !ooms.any()) throw error;
    // Another container's may be told of later than this one's end.
    await toldOf(ooms.areOthers);
    if (!ooms.claim()) throw error;
    throw new EngineError('memory', `${error.summary}: the kernel killed it for memory`, { cause: error.cause });
  } finally {
    ooms.end();
  }
}
