import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerPipes } from './container-pipes.js';
import { killContainerProcess } from './container-process.js';
import { readProcessStat } from './process-stat.js';
import type { ContainerStreams } from './streams.js';

/** A container whose first process was killed has ended by then, on a busy machine, too. One that is paused has not. */
export const KILL_TIME_IN_MS = 1_000;

const MARK_IN_BYTES = 32;

export interface Killed {
  /**
   * Settles with true when it is certain, without the engine's word, that the kill is what ended it (its exit code is 137), and that all
   * it printed has come; with false when only the engine can tell. Never rejects.
   */
  readonly seen: Promise<boolean>;
}

/**
 * Kills a container past its engine, and sees its end past it, too. An engine takes 25 ms to notice, to delete the container in its
 * runtime, to close the streams and to say how it ended. But with its first process all others are dead, so that what is written
 * to its outputs then is the last that comes through them: a mark that nobody could know before.
 * @returns null when it cannot be killed from here
 */
export function killPastEngine(
  pid: number,
  containerId: string,
  pipes: ContainerPipes | null,
  streams: ContainerStreams,
): Killed | null {
  const outputs = pipes?.openOutputs() ?? null;
  const killed = killContainerProcess(pid, containerId);
  const see = async (): Promise<boolean> => {
    if (outputs === null || killed !== 'killed' || !(await becomesTrue(() => hasEnded(pid), KILL_TIME_IN_MS))) return false;
    const mark = randomBytes(MARK_IN_BYTES);
    streams.endAt(mark);
    // A pipe that is full is being emptied.
    const isMarked = await becomesTrue(() => outputs.write(mark), KILL_TIME_IN_MS);
    outputs.close();
    return isMarked && (await streams.ended) === null;
  };
  const seen = see();
  void seen.then(() => outputs?.close());
  return killed === null ? null : { seen };
}

/** With a container's first process all others have, which the kernel waits for. */
function hasEnded(pid: number): boolean {
  return readProcessStat(pid)?.hasEnded !== false;
}

const LOOK_INTERVAL_IN_MS = 1;

async function becomesTrue(look: () => boolean, withinInMs: number): Promise<boolean> {
  for (const since = performance.now(); performance.now() - since < withinInMs; await sleep(LOOK_INTERVAL_IN_MS)) {
    if (look()) return true;
  }
  return false;
}
