import { randomBytes } from 'node:crypto';
import { becomesTrue } from './becomes-true.js';
import type { ContainerPipes, OutputEnds } from './container-pipes.js';
import { killContainerProcess } from './container-process.js';
import { readProcessStat } from './process-stat.js';
import type { ContainerStreams } from './streams.js';

/** A container whose first process was killed has ended by then, on a busy machine, too. One that is paused has not. */
export const KILL_TIME_IN_MS = 1_000;

const LOOK_INTERVAL_IN_MS = 1;
const MARK_IN_BYTES = 32;

/**
 * Kills a container past its engine, and sees its end past it, too. An engine takes 25 ms to notice, to delete the container in its
 * runtime, to close the streams and to say how it ended. But with its first process all others are dead, so that what is written
 * to its outputs then is the last that comes through them: a mark that nobody could know before.
 * @returns null when it cannot be killed from here; else settles with true when it is certain, without the engine's word, that the
 * kill is what ended it (its exit code is 137), and that all it printed has come; with false when only the engine can tell. Never rejects.
 */
export function killPastEngine(
  pid: number,
  containerId: string,
  pipes: ContainerPipes | null,
  streams: ContainerStreams,
): Promise<boolean> | null {
  const outputs = pipes?.openOutputs() ?? null;
  const killed = killContainerProcess(pid, containerId);
  const markEnd = async (ends: OutputEnds): Promise<boolean> => {
    if (killed !== 'killed' || !(await becomesTrue(() => hasEnded(pid), KILL_TIME_IN_MS, LOOK_INTERVAL_IN_MS))) return false;
    const mark = randomBytes(MARK_IN_BYTES);
    streams.endAt(mark);
    // A pipe that is full is being emptied.
    return await becomesTrue(() => ends.write(mark), KILL_TIME_IN_MS, LOOK_INTERVAL_IN_MS);
  };
  const seeEnd = async (): Promise<boolean> => {
    if (outputs === null) return false;
    const isMarked = await markEnd(outputs);
    outputs.close();
    return isMarked && (await streams.ended) === null;
  };
  const seen = seeEnd();
  return killed === null ? null : seen;
}

/** With a container's first process all others have, which the kernel waits for. */
function hasEnded(pid: number): boolean {
  return readProcessStat(pid)?.hasEnded !== false;
}
