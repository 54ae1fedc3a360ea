import type { Limits } from '../limits.js';
import type { Clock } from './clock.js';
import type { Prepared } from './prepare.js';
import type { Sandbox, SandboxExit } from './sandbox.js';

/** A runner that was released exits at once; one that does not, is killed. */
const RELEASE_TIME_IN_S = 5;
/** The engine delivers what a container printed within 2 s of its end, or never. */
const DRAIN_TIME_IN_S = 5;

/** A container that has ended. */
export interface Dismissed {
  readonly exit: SandboxExit;
  /** Settles when it has been removed, too. Never rejects. */
  readonly gone: Promise<void>;
}

/** Lets a container end, or ends it, and sees its end and the last that it printed. Never rejects. */
export async function dismiss(
  { sandbox, conversation }: Prepared,
  kill: boolean,
  { clock, limits }: { clock: Clock; limits: Limits },
): Promise<Dismissed> {
  if (kill) void sandbox.kill();
  else conversation.release();
  const cancelKill = clock.after(RELEASE_TIME_IN_S, () => void sandbox.kill());
  const exit = await sandbox.exited;
  cancelKill();
  await atMost(clock, DRAIN_TIME_IN_S, conversation.drained);
  return { exit, gone: remove(sandbox, limits) };
}

async function remove(sandbox: Sandbox, { logger }: Limits): Promise<void> {
  const { leftBehind } = await sandbox.remove();
  if (leftBehind === null) return;
  logger?.warn(`The container could not be removed: ${leftBehind}. \`nisher gc\` removes it`, { container: sandbox.id });
}

/** @returns whether it settled in that time */
export async function atMost(clock: Clock, seconds: number, promise: Promise<void>): Promise<boolean> {
  let cancel = () => {};
  const timeout = new Promise<boolean>((resolve) => {
    cancel = clock.after(seconds, () => resolve(false));
  });
  const settled = await Promise.race([promise.then(() => true), timeout]);
  cancel();
  return settled;
}
