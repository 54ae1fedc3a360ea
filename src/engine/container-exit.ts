import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxExit } from '../call/sandbox.js';
import { ask } from './ask.js';
import { becomesTrue } from './becomes-true.js';
import type { Engine } from './connect.js';
import { type ContainerRecord, hadOoms, hasOoms } from './container-events.js';
import { EngineError, hasStatus } from './engine-error.js';
import { type Asked, askJson } from './engine-request.js';
import type { MachineOoms } from './machine-ooms.js';

/** What was seen of a container's end. */
export interface ExitEvidence {
  /** What the engine answered to `wait`; null when the connection broke instead. */
  readonly waited: { readonly exitCode: number; readonly error: string | null } | null;
  /** What inspecting it afterwards gave. */
  readonly inspected: Inspected;
  /** What the engine had told of it, unasked. */
  readonly events: Readonly<ContainerRecord>;
}

export type Inspected =
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly exitCode: number; readonly oomKilled: boolean }
  /** Removed already, as it should be. */
  | { readonly state: 'gone' }
  /** The engine did not answer in time. */
  | { readonly state: 'unknown' }
  /** Nobody is there to answer. */
  | { readonly state: 'no engine'; readonly problem: string };

/** An engine that was restarted says 255 of the containers it finds dead. */
const RESTARTED = 255;
/** 128 + SIGKILL. */
export const KILLED = 137;

/**
 * How a container ended, from all that was seen of it. Null: it has not ended, it is the connection that broke; wait again.
 */
export function concludeExit({ waited, inspected, events }: ExitEvidence): SandboxExit | null {
  // The engine's flag stays once it is up.
  const oomKilled = hasOoms(events) || (!hadOoms(events) && inspected.state === 'ended' && inspected.oomKilled);
  const lost = (reason: string): SandboxExit => ({ kind: 'lost', reason });
  const exited = (exitCode: number): SandboxExit => {
    // A process can kill itself, but not through the engine. An engine that shuts down kills its containers, as it was told to
    // (StopSignal): 20.10 goes on answering meanwhile, and tells of it; 26 stops answering at once, but for the requests it has.
    const byEngine = waited === null || inspected.state === 'no engine' || (events.signalled && !events.killAsked);
    if (byEngine && (exitCode === KILLED || exitCode === RESTARTED) && !oomKilled)
      return lost(`it was killed by somebody else through the engine, or as the engine was shut down (exit code ${exitCode})`);
    return { kind: 'exited', exitCode, oomKilled };
  };

  // Told at the time.
  if (isExitCode(events.exitCode)) return exited(events.exitCode);
  if (waited !== null && waited.error === null && isExitCode(waited.exitCode)) {
    if (waited.exitCode !== RESTARTED || (inspected.state === 'ended' && inspected.exitCode === RESTARTED))
      return exited(waited.exitCode);
    return lost('the engine says 255, as it does of containers that it lost sight of');
  }
  switch (inspected.state) {
    case 'running':
      return null;
    case 'ended':
      return isExitCode(inspected.exitCode) ? exited(inspected.exitCode) : lost('the engine does not say with which exit code');
    case 'gone':
      return lost(waited?.error ?? 'it was removed, or the engine was restarted, while it ran');
    case 'unknown':
      return lost('the connection with the engine broke, and it does not answer any more');
    case 'no engine':
      return lost(`the connection with the engine broke: ${inspected.problem}`);
  }
}

/** What Linux has for one; engines say -1, or nothing, where they do not know. */
function isExitCode(code: unknown): code is number {
  return Number.isInteger(code) && (code as number) >= 0 && (code as number) <= 255;
}

/** An engine that restarts is back after about a second. */
const INSPECTIONS = 4;
const INSPECTION_INTERVAL_IN_MS = 500;

/** Begins to wait for a container's next end: before its start, or a short life is over by then. */
export function waitForExit({ transport }: Engine, id: string, signal: AbortSignal): Asked {
  return askJson(transport, 'POST', `/containers/${id}/wait?condition=next-exit`, signal);
}

/**
 * Settles once the container has ended, or cannot be reached any more; never rejects.
 * @param died settles with the exit code when the engine tells of the end unasked
 * @param isAttached whether the container's own connection holds still
 * @param ooms of the machine it runs on
 */
export async function seeExit(
  engine: Engine,
  id: string,
  firstWait: Asked,
  events: Readonly<ContainerRecord>,
  died: Promise<number>,
  isAttached: () => boolean,
  ooms: MachineOoms,
): Promise<SandboxExit> {
  for (let waiting = firstWait; ; waiting = askJson(engine.transport, 'POST', `/containers/${id}/wait?condition=not-running`)) {
    const waited = await Promise.race([waiting.answer.then(readWait, readRefusal), toldUnasked(died)]);
    const inspected = wasKilledByUs(waited, events)
      ? ({ state: 'gone' } as const)
      : await inspectEnd(engine, id, waited === null ? INSPECTIONS : 1);
    // Podman 4.3 answers a wait before it tells of the end.
    if (waited?.exitCode === RESTARTED && engine.info.flavour === 'podman') await toldOf(() => events.exitCode !== null);
    const exit = concludeExit({ waited, inspected, events });
    if (exit !== null) return isUnexplained(exit, events) ? await findReason(exit, events, ooms) : exit;
    if (!isAttached()) return { kind: 'lost', reason: 'the connections with the engine broke while it ran' };
    await sleep(INSPECTION_INTERVAL_IN_MS);
  }
}

/** An engine that tells of the end unasked has answered the wait by then, or the answer was lost on its way. */
const ANSWER_LATE_BY_IN_MS = 3_000;

/** What an event told of the end, should the wait's own answer not come. */
async function toldUnasked(died: Promise<number>): Promise<ExitEvidence['waited']> {
  const exitCode = await died;
  await sleep(ANSWER_LATE_BY_IN_MS, undefined, { ref: false });
  return { exitCode, error: null };
}

/** There is nothing more to ask: why, is known, and an engine that is removing a container takes 6 ms to answer. */
function wasKilledByUs(waited: ExitEvidence['waited'], { killAsked }: Readonly<ContainerRecord>): boolean {
  return killAsked && waited !== null && waited.error === null && waited.exitCode === KILLED;
}

/** A SIGKILL that nobody sent through the engine: the process sent it itself, or the kernel did, for lack of memory. */
function isUnexplained(exit: SandboxExit, { killAsked }: Readonly<ContainerRecord>): exit is SandboxExit & { kind: 'exited' } {
  return exit.kind === 'exited' && exit.exitCode === KILLED && !exit.oomKilled && !killAsked;
}

/** The engine hears of an OOM kill apart from the exit, and tells of it late, or never (containerd#8180, #8893). */
const REASON_TIME_IN_MS = 1_000;
const REASON_INTERVAL_IN_MS = 20;

/** Eight hogs at once on Docker 20.10: 1 in 64 was never told of, and took its cgroup's counters with it. The machine's own remain. */
async function findReason(
  exit: SandboxExit & { kind: 'exited' },
  events: Readonly<ContainerRecord>,
  ooms: MachineOoms,
): Promise<SandboxExit> {
  const onMachine = ooms.any();
  if (onMachine === false) return exit;
  const isTold = () => hasOoms(events);
  if (onMachine === null) return { ...exit, oomKilled: (await toldOf(isTold)) || null };
  // Another container's may be told of later than this one's end, too.
  await toldOf(() => isTold() || ooms.areOthers());
  return { ...exit, oomKilled: isTold() || ooms.claim() };
}

/** Gives the engine time to tell. @returns whether it did */
export function toldOf(isTold: () => boolean): Promise<boolean> {
  return becomesTrue(isTold, REASON_TIME_IN_MS, REASON_INTERVAL_IN_MS);
}

/** What the engine answered to a wait; whatever it was that was waited for. */
export function readWait(answer: Record<string, unknown>): NonNullable<ExitEvidence['waited']> {
  const { StatusCode, Error: error } = answer as { StatusCode?: unknown; Error?: { Message?: unknown } | null };
  const message = error?.Message;
  return {
    exitCode: typeof StatusCode === 'number' ? StatusCode : -1,
    error: typeof message === 'string' && message !== '' ? message : null,
  };
}

/** An engine that refuses to wait is there; a connection that broke says nothing. */
function readRefusal(error: unknown): ExitEvidence['waited'] {
  const { statusCode, json } = error as { statusCode?: number; json?: { message?: unknown } };
  const message = json?.message;
  return statusCode === undefined
    ? null
    : { exitCode: -1, error: typeof message === 'string' ? message : `HTTP ${statusCode}` };
}

async function inspectEnd(engine: Engine, id: string, tries: number): Promise<Inspected> {
  try {
    const { State } = await ask(
      'inspect a container',
      (abortSignal) => engine.docker.getContainer(id).inspect({ abortSignal }),
      2,
    );
    return State.Running ? { state: 'running' } : { state: 'ended', exitCode: State.ExitCode, oomKilled: State.OOMKilled };
  } catch (error) {
    const { cause } = error as Error;
    if (hasStatus(cause, 404)) return { state: 'gone' };
    if (tries > 1) {
      await sleep(INSPECTION_INTERVAL_IN_MS);
      return await inspectEnd(engine, id, tries - 1);
    }
    const isThere = error instanceof EngineError && error.kind !== 'no-engine' && error.kind !== 'connection';
    return isThere
      ? { state: 'unknown' }
      : { state: 'no engine', problem: cause instanceof Error ? cause.message : String(error) };
  }
}
