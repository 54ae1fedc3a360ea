import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from 'dockerode';
import type { Sandbox, SandboxExit, SandboxSpec } from '../call/sandbox.js';
import { ask } from './ask.js';
import { findCgroup } from './cgroup-path.js';
import type { Engine } from './connect.js';
import { type ContainerRecord, eventsOf } from './container-events.js';
import { KILLED, seeExit, waitForExit } from './container-exit.js';
import { KILL_TIME_IN_MS, killPastEngine } from './container-kill.js';
import { containerOptions } from './container-options.js';
import { type ContainerPipes, findContainerPipes } from './container-pipes.js';
import { removeContainer } from './container-removal.js';
import { EngineError, hasStatus } from './engine-error.js';
import { openEngineMeter } from './engine-meter.js';
import { type Asked, upgrade } from './engine-request.js';
import { refuseProcessLimit } from './gvisor.js';
import { type Holding, hold } from './holding.js';
import type { RunnerImage } from './image.js';
import { ownHosts } from './loopback.js';
import { type MachineOoms, watchMachineOoms } from './machine-ooms.js';
import { watchOomKills } from './oom-watch.js';
import { formatOwner, thisOwner } from './owner.js';
import { type ContainerStreams, demultiplex } from './streams.js';
import { type Meter, openCgroupMeter } from './usage.js';

/** The engine delivers what a container printed within 2 s of its end, or never. */
const LAST_OUTPUT_TIME_IN_MS = 3_000;

/** By then a container that has ended is known to have, and an engine that restarted has been asked. */
const CONNECTION_LOST_AFTER_IN_MS = 5_000;

/**
 * Creates, attaches, starts: in that order, as an attach after the start loses output.
 * @throws EngineError; nothing is left behind then
 */
export async function startContainer(engine: Engine, image: RunnerImage, spec: SandboxSpec): Promise<Sandbox> {
  refuseIgnoredRuntime(engine, spec.runtime);
  refuseProcessLimit(engine.info, spec);
  const creatingSince = performance.now();
  const name = `nisher-${randomBytes(6).toString('hex')}`;
  const owner = formatOwner(thisOwner());
  const events = eventsOf(engine, owner);
  const create = (hosts: string | null) => {
    const { cores, flavour } = engine.info;
    const surroundings = { name, image: image.name, owner, cores, flavour, runnerTasks: image.tasks, hosts };
    const options = containerOptions(spec, surroundings);
    return ask('create a container', (abortSignal) => engine.docker.createContainer({ ...options, abortSignal }));
  };
  const holding = hold(engine, name);
  const creating = createWithOwnHosts(create, ownHosts(engine.info, image, spec));
  const [container] = await Promise.all([holding.creating(creating), events.ready()]);
  const { id } = container;
  const record = events.follow(id);
  const waiting = new AbortController();
  let streams: ContainerStreams | null = null;
  try {
    const firstWait = waitForExit(engine, id, waiting.signal);
    const attached = ask('attach to a container', (abortSignal) =>
      upgrade(engine.transport, `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`, abortSignal),
    );
    const [connection] = await Promise.all([attached, ask('wait for a container', () => firstWait.accepted)]);
    streams = demultiplex(connection);
    const startingSince = performance.now();
    await ask('start a container', (abortSignal) => container.start({ abortSignal }));
    const pid = await firstProcess(container);
    const meter = openCgroupOf(pid, id, record) ?? openEngineMeter(engine, id, record);
    const timings = { create: seconds(creatingSince, startingSince), start: seconds(startingSince, performance.now()) };
    const ooms = watchMachineOoms(meter.kind === 'cgroup');
    const told = Promise.race([seeExit(engine, id, firstWait, record, streams.isOpen, ooms), connectionLost(streams)]);
    const forget = () => events.forget(id);
    return makeSandbox({
      engine,
      container,
      name,
      holding,
      pid,
      streams,
      meter,
      record,
      timings,
      told,
      waited: firstWait,
      ooms,
      forget,
    });
  } catch (error) {
    waiting.abort();
    streams?.cut();
    events.forget(id);
    holding.removed(await removeContainer(engine, id, false));
    throw error;
  }
}

/** An engine's policy may refuse all mounts of its machine's files: then its own networking has to do. */
async function createWithOwnHosts(
  create: (hosts: string | null) => Promise<Container>,
  hosts: string | null,
): Promise<Container> {
  if (hosts === null) return await create(null);
  try {
    return await create(hosts);
  } catch (error) {
    if (error instanceof Error && hasStatus(error.cause, 400, 403)) return await create(null);
    throw error;
  }
}

/** Settles when the connection with a container has broken, and its end is not what broke it. */
async function connectionLost(streams: ContainerStreams): Promise<SandboxExit> {
  const problem = await streams.ended;
  // Nothing to add to what is seen of the end; this promise goes with the sandbox.
  if (problem === null) return await new Promise(() => {});
  await sleep(CONNECTION_LOST_AFTER_IN_MS, undefined, { ref: false });
  return { kind: 'lost', reason: `the connection with the container broke: ${problem.message}` };
}

/** Through Docker's API, Podman 5 takes any runtime, and uses its own: not what somebody who asks for more isolation expects. */
function refuseIgnoredRuntime({ info }: Engine, runtime: string | null): void {
  if (runtime === null || info.flavour !== 'podman') return;
  throw new EngineError('unknown-runtime', `Podman's service uses its own runtime, and cannot be asked for \`${runtime}\``, {
    hint: 'Start the service with it: `podman --runtime NAME system service`, and leave `runtime` out',
  });
}

interface Running {
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

function makeSandbox({
  engine,
  container,
  name,
  holding,
  pid,
  streams,
  meter,
  record,
  timings,
  told,
  waited,
  ooms,
  forget,
}: Running): Sandbox {
  let ended = false;
  let settleKilled: (exit: SandboxExit) => void = () => {};
  const killed = new Promise<SandboxExit>((resolve) => {
    settleKilled = resolve;
  });
  const exited = Promise.race([told, killed]);
  void exited.then(() => {
    ended = true;
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
    const problem = await removeContainer(engine, container.id, ended);
    holding.removed(problem);
    await Promise.race([streams.ended, sleep(LAST_OUTPUT_TIME_IN_MS, undefined, { ref: false })]);
    streams.cut();
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
      ooms.begin();
    },
    keepAlive(on) {
      streams.keepAlive(on);
      waited.keepAlive(on);
    },
    async kill() {
      record.killAsked = true;
      streams.release();
      // Once: there is one end to mark.
      killing ??= killPastEngine(pid, container.id, pipes, streams);
      if (killing !== null) {
        void killing.then((isCertain) => {
          if (isCertain) settleKilled({ kind: 'exited', exitCode: KILLED, oomKilled: record.ooms > 0 });
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

/** Its number on the engine's machine; 0 when it has ended and is removed already. */
async function firstProcess(container: Container): Promise<number> {
  return await ask('inspect a container', (abortSignal) => container.inspect({ abortSignal })).then(
    ({ State }) => State.Pid,
    () => 0,
  );
}

/** The cgroup's own counters where they can be seen from here: else it takes the engine's statistics. */
function openCgroupOf(pid: number, id: string, record: ContainerRecord): Meter | null {
  try {
    const folders = findCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'), id);
    const meter = folders === null ? null : openCgroupMeter(folders);
    if (folders?.version !== 2 || meter === null) return meter;
    const stopWatching = watchOomKills(folders.unified, (kills) => {
      record.ooms = Math.max(record.ooms, kills);
    });
    return {
      ...meter,
      close: () => {
        stopWatching();
        meter.close();
      },
    };
  } catch {
    // Not this machine's process, or not Linux.
    return null;
  }
}

function seconds(from: number, to: number): number {
  return (to - from) / 1000;
}
