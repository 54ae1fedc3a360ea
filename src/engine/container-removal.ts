import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.js';
import type { Engine } from './connect.js';
import { readWait } from './container-exit.js';
import { hasStatus } from './engine-error.js';
import { askJson } from './engine-request.js';

/** The engine removes a container within 50 ms of its end; when it is busy, it takes its time. */
const REMOVAL_TIME_IN_S = 10;
const LOOK_INTERVAL_IN_MS = 100;
/**
 * Docker 20.10 never answers a wait for a removal that comes while the container's lock is held for just that: it renews what waiters
 * wait for (SetRemoved in its container/state.go). 3 of 40 programs that killed a call at its limit met that.
 */
const ANSWER_TIME_IN_MS = 1_000;

/**
 * Resolves when a container is no more.
 * @param ended whether it has: then the engine is removing it already
 * @returns null, or why it is still there
 */
export async function removeContainer(engine: Engine, id: string, ended: boolean): Promise<string | null> {
  if (ended && (await seeRemoved(engine, id))) return null;
  try {
    await ask('remove a container', async () => await engine.docker.getContainer(id).remove({ force: true, v: true }), 30);
    return null;
  } catch (error) {
    const { cause } = error as Error;
    if (hasStatus(cause, 404)) return null;
    // Somebody else is at it, most likely the engine itself.
    if (hasStatus(cause, 409) && (await seeRemoved(engine, id))) return null;
    return (error as Error).message;
  }
}

async function seeRemoved(engine: Engine, id: string): Promise<boolean> {
  const deadline = AbortSignal.timeout(REMOVAL_TIME_IN_S * 1000);
  try {
    const waiting = AbortSignal.timeout(ANSWER_TIME_IN_MS);
    const waited = readWait(
      await askJson(engine.transport, 'POST', `/containers/${id}/wait?condition=removed`, waiting).answer,
    );
    // Docker answers when a removal has failed, too; or names what was wrong with the container before.
    if (waited.error === null) return true;
  } catch (error) {
    if (hasStatus(error, 404)) return true;
  }
  // It takes longer, the engine knows nothing of that condition, or something went wrong: look for it.
  while (!deadline.aborted) {
    try {
      const inspecting = (abortSignal: AbortSignal) => engine.docker.getContainer(id).inspect({ abortSignal });
      const { State } = await ask('inspect a container', inspecting, 2);
      // Docker's word for one of which a removal has failed: it does not try again by itself before it is restarted.
      if (State.Status === 'dead') return false;
    } catch (error) {
      return hasStatus((error as Error).cause, 404);
    }
    await sleep(LOOK_INTERVAL_IN_MS);
  }
  return false;
}
