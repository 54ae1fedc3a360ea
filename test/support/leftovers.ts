import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/engine/connect.js';
import { formatOwner, lifeOf, parseOwner, startTimeOf, thisOwner } from '../../src/engine/owner.js';
import { patience } from './patience.js';

// The engine removes a container by itself when its program has ended; a busy one may take that long about it.
const removalTimeInS = 15 * patience;

/**
 * Names of the containers that this process has started and that do not go away.
 * @param whose `or of its programs`: those of programs that it ran and that are no more, too, which a neighbour's cannot be told from
 */
export async function leftovers(whose: 'of this process' | 'or of its programs' = 'or of its programs'): Promise<string[]> {
  const { docker } = await connect(null);
  const startedAt = Math.floor(performance.timeOrigin / 1000);
  const list = async () => {
    const containers = await docker.listContainers({ all: true, filters: { label: ['nisher.owner'] } });
    const isOurs = whose === 'of this process' ? isThisProcess : (label: string | undefined) => !isNeighbours(label);
    return containers.filter(({ Created, Labels }) => Created >= startedAt && isOurs(Labels['nisher.owner']));
  };
  // Only those there are now: a neighbour that dies meanwhile leaves some, for its own tests to see.
  let rest = await list();
  for (const deadline = performance.now() + removalTimeInS * 1000; rest.length > 0 && performance.now() < deadline; ) {
    await sleep(100);
    const ids = new Set((await list()).map(({ Id }) => Id));
    rest = rest.filter(({ Id }) => ids.has(Id));
  }
  return rest.map(({ Names, State, Labels }) => `${Names.join()} (${State}) of ${Labels['nisher.owner']}`);
}

function isThisProcess(label: string | undefined): boolean {
  return label === formatOwner(thisOwner());
}

/** Whether another program that is still at work has it: test files run beside each other, on one engine. */
function isNeighbours(label: string | undefined): boolean {
  const owner = parseOwner(label ?? '');
  return owner !== null && owner.pid !== process.pid && lifeOf(owner, thisOwner(), startTimeOf) === 'alive';
}
