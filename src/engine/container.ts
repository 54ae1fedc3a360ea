import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from 'dockerode';
import type { Sandbox, SandboxExit, SandboxSpec } from '../call/sandbox.js';
import { ask, refuseNonsense } from './ask.js';
import type { Engine } from './connect.js';
import { type ContainerRecord, eventsOf } from './container-events.js';
import { KILLED, seeExit, waitForExit } from './container-exit.js';
import { openMeterOf } from './container-meter.js';
import { containerOptions } from './container-options.js';
import { removeContainer } from './container-removal.js';
import { startCreated } from './container-start.js';
import { EngineError, hasStatus } from './engine-error.js';
import { openEngineMeter } from './engine-meter.js';
import { upgrade } from './engine-request.js';
import { refuseProcessLimit } from './gvisor.js';
import { hold } from './holding.js';
import type { RunnerImage } from './image.js';
import { ownHosts } from './loopback.js';
import { watchMachineOoms } from './machine-ooms.js';
import { formatOwner, thisOwner } from './owner.js';
import { isPlainRuntime } from './plain-runtime.js';
import { readProcessStat } from './process-stat.js';
import { sandboxOf } from './running-container.js';
import { type ContainerStreams, demultiplex } from './streams.js';

/** By then a container that has ended is known to have, and an engine that restarted has been asked. Before a call gives up waiting for it. */
const CONNECTION_LOST_AFTER_IN_MS = 3_000;

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
    const { tasks: runnerTasks, volumes } = image;
    const surroundings = { name, image: image.name, owner, cores, flavour, runnerTasks, hosts, volumes };
    const options = containerOptions(spec, surroundings);
    return ask('create a container', async (abortSignal) => {
      const container = await engine.docker.createContainer({ ...options, abortSignal });
      refuseNonsense(/^[0-9a-f]{12,}$/.test(container.id), 'an Id');
      return container;
    });
  };
  const holding = hold(engine, name);
  const creating = createWithOwnHosts(create, ownHosts(engine.info, image, spec));
  const [container] = await Promise.all([holding.creating(creating), events.ready()]);
  const { id } = container;
  const { record, died } = events.follow(id);
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
    await startCreated(engine, container, spec.memInBytes);
    const pid = await firstProcess(container);
    const meter = openMeterOf(pid, id, record) ?? openEngineMeter(engine, id, record);
    const timings = { create: seconds(creatingSince, startingSince), start: seconds(startingSince, performance.now()) };
    const ooms = watchMachineOoms(
      meter.kind === 'cgroup',
      spec.memInBytes !== null,
      () => record.oomKills || Math.min(record.ooms, 1),
    );
    const seen = seeExit(engine, id, firstWait, record, died, streams.isOpen, ooms);
    const isPlain = meter.kind === 'cgroup' && isPlainRuntime(engine.info, spec.runtime);
    const breaking = breakOf(streams, isPlain ? pid : null);
    const told = Promise.race([unlessBroken(seen, breaking, record), connectionLost(breaking)]);
    const parts = { engine, container, name, holding, pid, streams, meter, record, timings, told, waited: firstWait, ooms };
    return sandboxOf({ ...parts, forget: () => events.forget(id) });
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
  try {
    return await create(hosts);
  } catch (error) {
    if (hosts === null || !hasStatus((error as Error).cause, 400, 403)) throw error;
    return await create(null);
  }
}

/**
 * What was wrong with the connection of a container, once that has ended; null when it ended with the container.
 * @param pid of its first process, where that can be seen: it holds the outputs, so that they do not end before it does, whoever closes them
 */
async function breakOf(streams: ContainerStreams, pid: number | null): Promise<Error | null> {
  const problem = await streams.ended;
  const stat = pid === null || problem !== null ? null : readProcessStat(pid);
  return stat === null || stat.isEnding || stat.hasEnded ? problem : new Error('It was closed while the container ran');
}

/**
 * A runner whose input ends, ends itself by SIGKILL, for nobody is there any more: where it was the connection that broke, that is no end of
 * the function's.
 */
async function unlessBroken(
  seen: Promise<SandboxExit>,
  breaking: Promise<Error | null>,
  record: Readonly<ContainerRecord>,
): Promise<SandboxExit> {
  const problem = await Promise.race([breaking, seen.then(() => null)]);
  const exit = await seen;
  if (problem === null || record.killAsked || exit.kind === 'lost' || exit.exitCode !== KILLED || exit.oomKilled) return exit;
  return broken(problem);
}

/** Settles when the connection with a container has broken, and its end is not what broke it. */
async function connectionLost(breaking: Promise<Error | null>): Promise<SandboxExit> {
  const problem = await breaking;
  // Nothing to add to what is seen of the end; this promise goes with the sandbox.
  if (problem === null) return await new Promise(() => {});
  await sleep(CONNECTION_LOST_AFTER_IN_MS, undefined, { ref: false });
  return broken(problem);
}

function broken(problem: Error): SandboxExit {
  return { kind: 'lost', reason: `the connection with the container broke: ${problem.message}` };
}

/** Through Docker's API, Podman 5 takes any runtime, and uses its own: not what somebody who asks for more isolation expects. */
function refuseIgnoredRuntime({ info }: Engine, runtime: string | null): void {
  if (runtime === null || info.flavour !== 'podman') return;
  throw new EngineError('unknown-runtime', `Podman's service uses its own runtime, and cannot be asked for \`${runtime}\``, {
    hint: 'Start the service with it: `podman --runtime NAME system service`, and leave `runtime` out',
  });
}

/** Its number on the engine's machine; 0 when it has ended and is removed already, or the engine does not say. */
async function firstProcess(container: Container): Promise<number> {
  return await ask('inspect a container', (abortSignal) => container.inspect({ abortSignal })).then(
    ({ State }: { State?: { Pid?: unknown } }) => (Number.isSafeInteger(State?.Pid) ? Number(State?.Pid) : 0),
    () => 0,
  );
}

function seconds(from: number, to: number): number {
  return (to - from) / 1000;
}
