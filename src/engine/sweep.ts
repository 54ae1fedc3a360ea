import type { ContainerInfo } from 'dockerode';
import type { Engine } from './connect.js';
import { hasStatus, toEngineError } from './engine-error.js';
import { DEADLINE_LABEL, OWNER_LABEL } from './labels.js';
import { type Life, lifeOf, parseOwner, startTimeOf, thisOwner } from './owner.js';

/** A container that nobody owned any more. */
export interface SweptContainer {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
}

/** Clocks of two machines differ, and calls end late on a busy one. */
const DEADLINE_MARGIN_IN_MS = 10 * 60_000;

/**
 * Removes our containers whose program is gone, or, where that cannot be told from here, whose deadline has passed long ago.
 * A living program's containers are never touched.
 * @param dryRun only says what it would remove
 * @throws EngineError when the engine does not list its containers; one that it does not remove is left out of the answer
 */
export async function sweep(engine: Engine, { dryRun = false } = {}): Promise<readonly SweptContainer[]> {
  const containers = await engine.docker
    .listContainers({ all: true, filters: { label: [OWNER_LABEL] } })
    .catch((error: unknown) => Promise.reject(toEngineError(error, 'list containers')));
  const here = thisOwner();
  const orphans = containers.flatMap((container) => {
    const owner = parseOwner(container.Labels[OWNER_LABEL] ?? '');
    const reason = reasonToSweep(
      owner === null ? 'unknown' : lifeOf(owner, here, startTimeOf),
      container.Labels[DEADLINE_LABEL],
      Date.now(),
    );
    return reason === null ? [] : [{ id: container.Id, name: nameOf(container), reason }];
  });
  if (dryRun) return orphans;
  const removed = await Promise.all(
    orphans.map(async (orphan) => {
      try {
        await engine.docker.getContainer(orphan.id).remove({ force: true, v: true });
        return [orphan];
      } catch (error) {
        // Gone, or being removed by somebody else: as good.
        return hasStatus(error, 404, 409) ? [orphan] : [];
      }
    }),
  );
  return removed.flat();
}

/** Why a container can go, null when it cannot. */
export function reasonToSweep(life: Life, deadline: string | undefined, now: number): string | null {
  if (life === 'alive') return null;
  if (life === 'gone') return 'the program that started it is gone';
  const latest = Number(deadline ?? Number.NaN);
  return now > latest + DEADLINE_MARGIN_IN_MS ? 'its deadline has passed' : null;
}

function nameOf({ Names, Id }: ContainerInfo): string {
  return Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12);
}
