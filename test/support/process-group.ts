import { setTimeout as sleep } from 'node:timers/promises';

/** Kills a process that was started detached, with everything it started in turn. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** Whether everything in the group has ended, waiting for it up to `withinInS`. */
export async function groupHasEnded(leader: number, withinInS: number): Promise<boolean> {
  const deadline = performance.now() + withinInS * 1000;
  for (;;) {
    try {
      process.kill(-leader, 0);
    } catch {
      return true;
    }
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
}
