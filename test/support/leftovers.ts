import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/engine/connect.js';

// The engine removes a container by itself when its program has ended; a busy one may take that long about it.
const patienceInS = 15;

/** Names of the containers of ours that this process (or a program it ran) has started and that do not go away. */
export async function leftovers(): Promise<string[]> {
  const { docker } = await connect(null);
  const startedAt = Math.floor(performance.timeOrigin / 1000);
  const list = async () => {
    const containers = await docker.listContainers({ all: true, filters: { label: ['nisher.owner'] } });
    return containers.filter(({ Created }) => Created >= startedAt);
  };
  // Only those there are now: a neighbour's tests may go on starting more.
  let rest = await list();
  for (const deadline = performance.now() + patienceInS * 1000; rest.length > 0 && performance.now() < deadline; ) {
    await sleep(100);
    const ids = new Set((await list()).map(({ Id }) => Id));
    rest = rest.filter(({ Id }) => ids.has(Id));
  }
  return rest.map(({ Names, State, Labels }) => `${Names.join()} (${State}) of ${Labels['nisher.owner']}`);
}
