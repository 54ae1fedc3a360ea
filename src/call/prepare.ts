import type { Limits } from '../limits.js';
import type { Payload } from '../payload/payload.js';
import { BASE_ENVIRONMENT, type LimitKind } from '../wire/protocol.js';
import type { Clock } from './clock.js';
import { type Conversation, converse, type Said } from './conversation.js';
import { containerDeadline, cpuBackstop } from './deadlines.js';
import { deferred } from './deferred.js';
import { EarlyOutput } from './early-output.js';
import type { Fault } from './evidence.js';
import { noticeMessage } from './explain.js';
import { durationFault } from './faults.js';
import { heapArguments } from './heap-size.js';
import type { Output } from './output.js';
import type { Sandbox, SandboxEngine, SandboxSpec, Usage } from './sandbox.js';
import { type Watch, watch } from './watch.js';

/** A container with the function's module loaded, or about to be. */
export interface Prepared {
  readonly sandbox: Sandbox;
  readonly conversation: Conversation;
  /** Of the module's loading; ended when that is. */
  readonly watch: Watch;
  readonly cores: number;
  /** How far it has come. */
  readonly phase: 'boot' | 'load' | 'loaded';
  /** Settles with true when the function can be called, with false when there is nothing to call. Never rejects. */
  readonly loaded: Promise<boolean>;
  /** What the runner said instead of being ready. */
  readonly said: Said | null;
  readonly fault: Fault | null;
  /** Whether nobody is there any more, as its streams have ended, or somebody who does not keep to the protocol. */
  readonly over: boolean;
  /** Whether it has worked since it was loaded, though it has nothing to do: code that claims to be loaded, and goes on. */
  isRestless(): boolean;
  /** Its counters as it waits: those that {@link isRestless} has just read, or as they are now. */
  usageAtRest(): Usage | null;
  /** Seconds from the container's start until it was loaded. */
  readonly loadedInS: number;
  /** What it prints goes there from now on; at first it is kept, and handed over in order. A slow reader makes the container wait. */
  printTo(output: Output): void;
  /** From now on nothing waits for a slow reader: without an end of its output, nobody would hear of the container's. */
  kill(): void;
}

export interface PrepareRequest {
  readonly engine: SandboxEngine;
  readonly payload: Payload;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** A runner of a container that started has that long to come up; a machine that is busy beyond measure needs seconds. */
const BOOT_TIME_IN_S = 60;

/** A runner that waits uses none: it blocks in a read. What V8's own threads still tidy up after a load is less. */
const RESTLESS_CPU_IN_S = 0.2;
/** An engine's statistics come once a second, the first a second later: that much work of a load may show only after it. */
const STATISTICS_LATE_BY_IN_S = 2;

/**
 * Starts a container and has it load the function's module, under the limits of a call.
 * @throws PynisherError when the engine cannot.
 */
export async function prepare({ engine, payload, limits, clock }: PrepareRequest): Promise<Prepared> {
  const sandbox = await engine.start(specFor(limits, payload, engine.cores));
  const startedAt = clock.now();
  const conversation = converse(sandbox, limits.maxResultInBytes);
  const loaded = deferred<boolean>();
  const early = new EarlyOutput(limits.maxOutputInBytes);
  let phase: Prepared['phase'] = 'boot';
  let said: Said | null = null;
  let fault: Fault | null = null;
  let loadedInS = 0;
  let cpuWhenLoadedInS = 0;
  let lastRead: Usage | null = null;
  let over = false;
  let output: Output | null = null;
  let killed = false;
  const kill = () => {
    killed = true;
    output?.letGo();
    void sandbox.kill();
  };

  const watcher = watch({
    ...timeLimits(limits),
    cores: coresFor(limits, engine.cores),
    clock,
    usage: () => sandbox.usage(),
    onNotice: (kind) => giveNotice(conversation, limits, kind),
    onKill: kill,
  });
  const cancelBoot = clock.after(BOOT_TIME_IN_S, () => {
    fault ??= {
      kind: 'engine',
      message: `The container ${sandbox.id.slice(0, 12)} started, but nisher's runner was not up after ${BOOT_TIME_IN_S} s`,
      hint: 'Is the machine overloaded? `nisher doctor` times a container',
    };
    kill();
  });
  const settle = (isLoaded: boolean) => {
    cancelBoot();
    watcher.end();
    loaded.resolve(isLoaded);
  };
  conversation.onText = (stream, bytes) => early.add(stream, bytes);
  conversation.onLoading = () => {
    cancelBoot();
    phase = 'load';
    watcher.begin();
  };
  conversation.onLoaded = () => {
    // A limit met while the module was loading: the function is not called any more, though it could be.
    if (watcher.stop !== null) {
      kill();
      return;
    }
    phase = 'loaded';
    loadedInS = clock.now() - startedAt;
    cpuWhenLoadedInS = sandbox.usage()?.cpuInS ?? 0;
    settle(true);
  };
  void conversation.said.then((word) => {
    if (phase === 'loaded') return;
    const lie = durationFault(word, clock.now() - startedAt);
    said = lie === null ? word : null;
    fault ??= conversation.fault ?? lie;
    settle(false);
  });
  void conversation.drained.then(() => {
    over = true;
  });
  conversation.sendJob(
    {
      entry: payload.entry,
      exportName: payload.exportName,
      env: { ...BASE_ENVIRONMENT, ...limits.env },
      maxResultInBytes: Math.min(limits.maxResultInBytes, Number.MAX_SAFE_INTEGER),
      workingFolder: payload.workingFolder,
      source: payload.source,
    },
    payload,
  );
  return {
    sandbox,
    conversation,
    watch: watcher,
    cores: coresFor(limits, engine.cores),
    loaded: loaded.promise,
    get phase() {
      return phase;
    },
    get said() {
      return said;
    },
    get fault() {
      return fault;
    },
    get over() {
      return over || conversation.fault !== null;
    },
    isRestless() {
      lastRead = sandbox.usage();
      const cpuInS = lastRead?.cpuInS ?? 0;
      const late = sandbox.meter === 'engine' ? STATISTICS_LATE_BY_IN_S * coresFor(limits, engine.cores) : 0;
      return phase === 'loaded' && cpuInS - cpuWhenLoadedInS > RESTLESS_CPU_IN_S + late;
    },
    usageAtRest() {
      const usage = lastRead ?? sandbox.usage();
      lastRead = null;
      return usage;
    },
    get loadedInS() {
      return loadedInS;
    },
    printTo(to) {
      output = to;
      to.onPause = () => {
        sandbox.stdout.pause();
        sandbox.stderr.pause();
      };
      to.onResume = () => {
        sandbox.stdout.resume();
        sandbox.stderr.resume();
      };
      if (killed) to.letGo();
      conversation.onText = (stream, bytes) => to.write(stream, bytes);
      early.handTo(to);
    },
    kill,
  };
}

/** The limits that a watch keeps. */
export function timeLimits({ wallTimeInS, cpuTimeInS, gracePeriodInS }: Limits) {
  return { wallTimeInS, cpuTimeInS, gracePeriodInS };
}

/** Cores that a container can use at once. */
function coresFor({ cpus }: Limits, cores: number): number {
  return Math.min(cores, cpus ?? cores);
}

/** Tells the runner that the grace period begins. */
export function giveNotice(conversation: Conversation, limits: Limits, kind: LimitKind): void {
  limits.logger?.debug('Grace period begins', { limit: kind, gracePeriodInS: limits.gracePeriodInS });
  conversation.notice({ kind, message: noticeMessage(kind, limits) });
}

function specFor(limits: Limits, payload: Payload, cores: number): SandboxSpec {
  return {
    memInBytes: limits.memInBytes,
    cpus: limits.cpus,
    extraTasks: limits.numProcesses === null ? null : limits.numProcesses - 1,
    cpuBackstopInS: cpuBackstop(limits, cores, limits.context.maxTasksPerChild),
    scratchInBytes: limits.scratchInBytes ?? limits.memInBytes ?? UNBOUNDED_SCRATCH,
    codeInBytes: payload.unpackedInBytes,
    layer: payload.layer,
    nodeArguments: heapArguments(limits.memInBytes),
    // One that serves many calls has its owner's word only.
    deadline: limits.context.maxTasksPerChild > 1 ? null : containerDeadline(limits, Date.now()),
    image: limits.context.image,
    runtime: limits.context.runtime,
    network: limits.context.network,
  };
}

/** A tmpfs takes any size; the machine's memory is the bound then. */
const UNBOUNDED_SCRATCH = 2 ** 40;
