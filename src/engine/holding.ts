import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './connect.js';
import { removeContainer } from './container-removal.js';
import { hasStatus } from './engine-error.js';
import { type Holdings, startReaper } from './reaper.js';
import { sweep } from './sweep.js';

/** A container that this program is answerable for, from before the engine is asked for it until the engine says it is no more. */
export interface Holding {
  /** Sees the request to create it through. */
  creating<T>(request: Promise<T>): Promise<T>;
  /** Its removal came to that: null for a success; else it is tried again, in the background, as long as this program lives. */
  removed(problem: string | null): void;
}

/** A request whose answer was lost may yet be carried out. */
const UNANSWERED_TIME_IN_MS = 30_000;
const FIRST_PAUSE_IN_MS = 500;
/** A container that an engine finds dead when it comes back takes more than one try, and is gone soon after all the same. */
const LONGEST_PAUSE_IN_MS = 4_000;

interface Ledger {
  /** Names of containers; true: the engine has said that it made it. */
  readonly containers: Map<string, boolean>;
  readonly tell: (holdings: Holdings) => void;
}

const ledgers = new WeakMap<Engine, Ledger>();

/** Has what this program leaves on an engine cleaned up after it. Called early: it takes some ms, for which the engine may be busy. */
export function beAnswerable(engine: Engine): void {
  if (!ledgers.has(engine)) ledgers.set(engine, { containers: new Map(), tell: startReaper(engine.endpoint) });
}

/** Called before the engine is asked for it. */
export function hold(engine: Engine, name: string): Holding {
  beAnswerable(engine);
  const ledger = ledgers.get(engine) as Ledger;
  const note = (created: boolean | null) => {
    if (created === null) ledger.containers.delete(name);
    else ledger.containers.set(name, created);
    ledger.tell(holdingsIn(ledger));
  };
  note(false);
  return {
    async creating(request) {
      try {
        const answer = await request;
        note(true);
        return answer;
      } catch (error) {
        if (isRefusal(error)) note(null);
        else void removeLater(engine, name, UNANSWERED_TIME_IN_MS).then(() => note(null));
        throw error;
      }
    },
    removed(problem) {
      if (problem === null) note(null);
      else void removeAtLast(engine, name).then(() => note(null));
    },
  };
}

function holdingsIn({ containers }: Ledger): Holdings {
  if (containers.size === 0) return 'idle';
  return [...containers.values()].includes(false) ? 'creating' : 'holding';
}

/** The engine has understood, and says no. Anything else may come from somebody on the way, or too late. */
function isRefusal(error: unknown): boolean {
  return hasStatus((error as Error).cause, 400, 403, 404, 409);
}

/** An engine that was away may have come back with others that are dead, of which it had said that they are no more. */
async function removeAtLast(engine: Engine, name: string): Promise<void> {
  await removeLater(engine, name, 0);
  await sweep(engine).catch(() => {});
}

/** Resolves when the container is no more, and will not be. */
async function removeLater(engine: Engine, name: string, mayAppearForMs: number): Promise<void> {
  const since = performance.now();
  for (let pause = FIRST_PAUSE_IN_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_IN_MS)) {
    await sleep(pause, undefined, { ref: false });
    const problem = await removeContainer(engine, name, false);
    if (problem === null && performance.now() - since >= mayAppearForMs) return;
  }
}
