import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from 'dockerode';
import type { Sandbox, SandboxExit } from '../call/sandbox.js';
import { ask } from './ask.js';
import type { Engine } from './connect.js';
import { type ContainerRecord, forgetOoms, hasOoms } from './container-events.js';
import { KILLED } from './container-exit.js';
import { KILL_TIME_IN_MS, killPastEngine } from './container-kill.js';
import { type ContainerPipes, findContainerPipes } from './container-pipes.js';
import { removeContainer } from './container-removal.js';
import type { Asked } from './engine-request.js';
import type { Holding } from './holding.js';
import type { MachineOoms } from './machine-ooms.js';
import type { ContainerStreams } from './streams.js';
import type { Meter } from './usage.js';

/** The engine delivers what a container printed within 2 s of its end, or never. */
const LAST_OUTPUT_TIME_IN_MS = 3_000;

/**
 * Once a container has been told to end, an engine that says nothing more of it is not waited for: one that hangs keeps its connections
 * open, and would hold up a call beyond any limit. A verdict on what was killed does not depend on how it ended.
 */
const END_TIME_IN_MS = 12_000;

/** A container that has started, and all that belongs to it. */
export interface RunningContainer {
  engine: Engine;
  container: Container;
  name: string;
  holding: Holding;
  pid: number;
  streams: ContainerStreams;
  meter: Meter;
  record: ContainerRecord;
  timings: Sandbox['timings'];
  /** By the engine. */
  told: Promise<SandboxExit>;
  waited: Asked;
  ooms: MachineOoms;
  forget: () => void;
}

/** What a call sees of a running container, from its first byte to its removal. */
export function sandboxOf(running: RunningContainer): Sandbox {
  const { engine, container, name, holding, pid, streams, meter, record, timings, told, waited, ooms, forget } = running;
  let ended = false;
  let settleKilled: (exit: SandboxExit) => void = () => {};
  const killed = new Promise<SandboxExit>((resolve) => {
    settleKilled = resolve;
  });
  let givingUp: NodeJS.Timeout | undefined;
  const giveUp = () => settleKilled({ kind: 'lost', reason: 'it was told to end, and the engine does not say that it has' });
  const exited = Promise.race([told, killed]);
  void exited.then(() => {
    ended = true;
    clearTimeout(givingUp);
    const cutting = setInterval(() => {
      if (!streams.isHeldUp()) streams.cut();
    }, LAST_OUTPUT_TIME_IN_MS).unref();
    void streams.ended.then(() => clearInterval(cutting));
  });
  let pipes: ContainerPipes | null = null;
  let killing: Promise<boolean> | null = null;
  // What can still be written to has no end, by which the runner sees that nobody is there any more.
  streams.stdin.once('finish', () => pipes?.closeStdin());
  void streams.ended.then(() => pipes?.closeStdin());
  let removal: Promise<{ leftBehind: string | null }> | null = null;
  const remove = async () => {
    meter.close();
    pipes?.closeStdin();
    record.killAsked = true;
    streams.release();
    // A container that was seen to end past the engine: until that knows, it has not begun to remove it.
    if (ended) await Promise.race([told, sleep(LAST_OUTPUT_TIME_IN_MS, undefined, { ref: false })]);
    // One whose end was not seen may be ending: Podman 4.3 refuses to remove such a one by force.
    const problem = await removeContainer(engine, container.id, ended);
    holding.removed(problem);
    await Promise.race([streams.ended, sleep(LAST_OUTPUT_TIME_IN_MS, undefined, { ref: false })]);
    streams.cut();
    ooms.end();
    forget();
    return { leftBehind: problem === null ? null : `${name} (${problem})` };
  };
  return {
    id: container.id,
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    findPipes() {
      if (removal !== null || streams.stdin.writableEnded || !streams.isOpen()) return;
      pipes ??= findContainerPipes(pid, container.id);
    },
    writeStdin: (bytes) => pipes?.writeStdin(bytes) ?? false,
    exited,
    timings,
    meter: meter.kind,
    usage: () => meter.read(),
    resetPeak() {
      meter.resetPeak();
      forgetOoms(record);
      ooms.begin();
    },
    keepAlive(on) {
      streams.keepAlive(on);
      waited.keepAlive(on);
    },
    async kill() {
      record.killAsked = true;
      if (!ended) givingUp ??= setTimeout(giveUp, END_TIME_IN_MS).unref();
      streams.release();
      // Once: there is one end to mark.
      killing ??= killPastEngine(pid, container.id, pipes, streams);
      if (killing !== null) {
        void killing.then((isCertain) => {
          if (isCertain) settleKilled({ kind: 'exited', exitCode: KILLED, oomKilled: hasOoms(record) });
        });
        // One that is paused does not end by it: the engine knows what to do.
        await Promise.race([exited, sleep(KILL_TIME_IN_MS, undefined, { ref: false })]);
        if (ended) return;
      }
      // Refused when it has ended: as good as done.
      await ask('kill a container', (abortSignal) => container.kill({ signal: 'SIGKILL', abortSignal })).catch(() => {});
    },
    remove() {
      removal ??= remove();
      return removal;
    },
  };
}
