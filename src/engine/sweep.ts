import type { ContainerInfo } from 'dockerode';
import { ask } from './ask.js';
import type { Engine } from './connect.js';
import { hasStatus } from './engine-error.js';
import { getJson, remove } from './engine-request.js';
import { DEADLINE_LABEL, OWNER_LABEL } from './labels.js';
import { type Life, lifeOf, parseOwner, startTimeOf, thisOwner } from './owner.js';

/** All that a sweep needs of an engine: the reaper has no more, for dockerode takes longer to load than it does. */
type Reachable = Pick<Engine, 'transport'>;

/** A container that nobody owned any more. */
export interface SweptContainer {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
}

/**
 * Docker's word for one that it was removing when it was killed. It leaves it so, and may forget it, and find it again when it is started
 * once more; whoever owns it has done with it.
 */
const DEAD = 'dead';

/** Clocks of two machines differ, and calls end late on a busy one. */
const DEADLINE_MARGIN_IN_MS = 10 * 60_000;

/**
 * Removes our containers whose program is gone, or, where that cannot be told from here, whose deadline has passed long ago; and those
 * that are dead. A living program's other containers are never touched.
 * @param dryRun only says what it would remove
 * @throws EngineError when the engine does not list its containers; one that it does not remove is left out of the answer
 */
export async function sweep(engine: Reachable, { dryRun = false } = {}): Promise<readonly SweptContainer[]> {
  const orphans = await findOrphans(engine);
  return dryRun ? orphans : await removeOrphans(engine, orphans);
}

/** @throws EngineError when the engine does not list its containers */
export async function findOrphans({ transport }: Reachable): Promise<readonly SweptContainer[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }));
  const listed = await ask('list containers', (signal) =>
    getJson(transport, `/containers/json?all=1&filters=${filters}`, signal),
  );
  const here = thisOwner();
  return Object.values(listed as Record<string, ContainerInfo>).flatMap((container) => {
    const owner = parseOwner(container.Labels[OWNER_LABEL] ?? '');
    const life = owner === null ? 'unknown' : lifeOf(owner, here, startTimeOf);
    const reason = reasonToSweep(container.State, life, container.Labels[DEADLINE_LABEL], Date.now());
    return reason === null ? [] : [{ id: container.Id, name: nameOf(container), reason }];
  });
}

/** @returns those that are no more */
export async function removeOrphans(
  { transport }: Reachable,
  orphans: readonly SweptContainer[],
): Promise<readonly SweptContainer[]> {
  const removed = await Promise.all(
    orphans.map(async (orphan) => {
      try {
        await ask('remove a container', (signal) => remove(transport, `/containers/${orphan.id}?force=1&v=1`, signal));
        return [orphan];
      } catch (error) {
        // Gone, or being removed by somebody else: as good.
        return hasStatus((error as Error).cause, 404, 409) ? [orphan] : [];
      }
    }),
  );
  return removed.flat();
}

/** Why a container can go, null when it cannot. */
export function reasonToSweep(state: string, life: Life, deadline: string | undefined, now: number): string | null {
  if (state === DEAD) return 'the engine had begun to remove it, and was restarted';
  if (life === 'alive') return null;
  if (life === 'gone') return 'the program that started it is gone';
  const latest = Number(deadline ?? Number.NaN);
  return now > latest + DEADLINE_MARGIN_IN_MS ? 'its deadline has passed' : null;
}

function nameOf({ Names, Id }: ContainerInfo): string {
  return Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12);
}
