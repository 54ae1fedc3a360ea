import type { Limits } from '../limits.js';
import type { Outcome, Timings } from '../outcome.js';
import type { Payload } from '../payload/payload.js';
import { type Clock, systemClock } from './clock.js';
import { concludeCall } from './conclude.js';
import { type Conversation, converse } from './conversation.js';
import { containerDeadline, cpuBackstop } from './deadlines.js';
import type { EncodedArguments } from './encode-arguments.js';
import type { Fault } from './evidence.js';
import { noticeMessage } from './explain.js';
import { engineFault, packFault } from './faults.js';
import { heapArguments, LEAST_MEMORY_IN_BYTES } from './heap-size.js';
import type { Output } from './output.js';
import type { Sandbox, SandboxEngine, SandboxExit, SandboxSpec } from './sandbox.js';
import { type Watch, watch } from './watch.js';

export interface CallRequest {
  readonly functionName: string;
  /** Encoded when the call was made, or why they cannot be. */
  readonly args: EncodedArguments;
  readonly limits: Limits;
  readonly output: Output;
  /** Seconds the call has waited for its turn. */
  readonly queuedInS: number;
  readonly pack: () => Promise<Payload>;
  readonly engine: () => Promise<SandboxEngine>;
  /** @default the machine's own */
  readonly clock?: Clock;
}

/** What is known of a call as it goes on; each step adds its part. */
export interface CallRecord {
  readonly request: CallRequest;
  readonly clock: Clock;
  phase: 'boot' | 'load' | 'call';
  payload: Payload | null;
  sandbox: Sandbox | null;
  conversation: Conversation | null;
  watch: Watch | null;
  exit: SandboxExit | null;
  fault: Fault | null;
  /** Aborted before there was a container to stop. */
  abortedEarly: boolean;
  readonly timings: { -readonly [Step in keyof Timings]: number };
}

/** The runner of a container that started has that long to come up; a machine that is busy beyond measure needs seconds. */
const BOOT_TIME_IN_S = 60;
/** A runner that was released exits at once; one that does not, is killed. */
const RELEASE_TIME_IN_S = 5;
/** The engine delivers what a container printed within 2 s of its end, or never. */
const DRAIN_TIME_IN_S = 5;

/** Runs one call from start to end. Never rejects: whatever happens is in the outcome. */
export async function runCall(request: CallRequest): Promise<Outcome> {
  const clock = request.clock ?? systemClock;
  const record: CallRecord = {
    request,
    clock,
    phase: 'boot',
    payload: null,
    sandbox: null,
    conversation: null,
    watch: null,
    exit: null,
    fault: null,
    abortedEarly: false,
    timings: { queue: request.queuedInS, pack: 0, create: 0, start: 0, load: 0, call: 0, finish: 0 },
  };
  const { signal } = request.limits;
  const abort = () => {
    if (record.watch === null) record.abortedEarly = true;
    else record.watch.abort();
  };
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  try {
    await perform(record);
  } finally {
    signal?.removeEventListener('abort', abort);
    request.output.end();
  }
  return concludeCall(record);
}

async function perform(record: CallRecord): Promise<void> {
  const { request, clock, timings } = record;
  if (aborted(record)) return;
  // What the caller got wrong is found before the engine hears of it.
  const packingSince = clock.now();
  record.fault ??= request.args.fault;
  const payload = await attemptAsync(record, packFault, request.pack);
  record.payload = payload;
  timings.pack = clock.now() - packingSince;
  if (payload === null || record.fault !== null || tooLittleMemory(record) || aborted(record)) return;

  const engine = await attemptAsync(record, engineFault, request.engine);
  if (engine === null || aborted(record)) return;
  const sandbox = await attemptAsync(record, engineFault, () => engine.start(specFor(request, payload, engine.cores)));
  if (sandbox === null) return;
  record.sandbox = sandbox;
  Object.assign(timings, sandbox.timings);

  if (!aborted(record)) await talk(record, sandbox, payload, engine.cores);
  await finish(record, sandbox);
}

/** From the runner's job to its last frame, or to whatever else ends it. */
async function talk(record: CallRecord, sandbox: Sandbox, payload: Payload, cores: number): Promise<void> {
  const { request, clock, timings } = record;
  const { limits, output } = request;
  const startedAt = clock.now();
  const kill = () => {
    output.letGo();
    void sandbox.kill();
  };
  const watcher = watch({
    wallTimeInS: limits.wallTimeInS,
    cpuTimeInS: limits.cpuTimeInS,
    gracePeriodInS: limits.gracePeriodInS,
    cores: Math.min(cores, limits.cpus ?? cores),
    clock,
    usage: () => sandbox.usage(),
    onNotice: (kind) => {
      limits.logger?.debug('Grace period begins', { limit: kind, gracePeriodInS: limits.gracePeriodInS });
      conversation.notice({ kind, message: noticeMessage(kind, limits) });
    },
    onKill: kill,
  });
  const conversation = converse({
    sandbox,
    output,
    maxResultInBytes: limits.maxResultInBytes,
    onLoading: () => {
      record.phase = 'load';
      cancelBoot();
      watcher.begin();
    },
    onReady: () => {
      timings.load = clock.now() - startedAt;
      // A limit met while the module was loading: the function is not called any more.
      if (watcher.stop !== null) return kill();
      record.phase = 'call';
      sandbox.resetPeak();
      watcher.begin();
      conversation.go();
    },
  });
  record.watch = watcher;
  record.conversation = conversation;
  const cancelBoot = clock.after(BOOT_TIME_IN_S, () => {
    record.fault ??= {
      kind: 'engine',
      message: `The container ${sandbox.id.slice(0, 12)} started, but nisher's runner was not up after ${BOOT_TIME_IN_S} s`,
      hint: 'Is the machine overloaded? `nisher doctor` times a container',
    };
    kill();
  });

  conversation.begin(
    {
      entry: payload.entry,
      exportName: payload.exportName,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp', ...limits.env },
      maxResultInBytes: Math.min(limits.maxResultInBytes, Number.MAX_SAFE_INTEGER),
    },
    payload,
    request.args.pieces,
  );
  await conversation.ended;
  cancelBoot();
  watcher.end();
  if (record.phase === 'call') timings.call = watcher.used.wallInS;
}

/** Lets the container end, sees its end, and sees it gone. */
async function finish(record: CallRecord, sandbox: Sandbox): Promise<void> {
  const { clock, conversation, request } = record;
  const finishingSince = clock.now();
  request.output.letGo();
  record.fault ??= conversation?.fault ?? null;
  if (conversation === null || record.fault !== null) void sandbox.kill();
  else conversation.release();
  const cancelKill = clock.after(RELEASE_TIME_IN_S, () => void sandbox.kill());
  record.exit = await sandbox.exited;
  cancelKill();
  if (conversation !== null) await atMost(clock, DRAIN_TIME_IN_S, conversation.drained);
  const { leftBehind } = await sandbox.remove();
  if (leftBehind !== null)
    request.limits.logger?.warn(`The container could not be removed: ${leftBehind}. \`nisher gc\` removes it`, {
      container: sandbox.id,
    });
  record.timings.finish = clock.now() - finishingSince;
}

/** Asked again after each step: the caller may abort at any time. */
function aborted(record: CallRecord): boolean {
  return record.abortedEarly;
}

function specFor({ limits }: CallRequest, payload: Payload, cores: number): SandboxSpec {
  return {
    memInBytes: limits.memInBytes,
    cpus: limits.cpus,
    extraTasks: limits.numProcesses === null ? null : limits.numProcesses - 1,
    cpuBackstopInS: cpuBackstop(limits, cores),
    scratchInBytes: limits.scratchInBytes ?? limits.memInBytes ?? UNBOUNDED_SCRATCH,
    codeInBytes: payload.unpackedInBytes,
    nodeArguments: heapArguments(limits.memInBytes),
    deadline: containerDeadline(limits, Date.now()),
    image: limits.context.image,
    runtime: limits.context.runtime,
    network: limits.context.network,
  };
}

/** A tmpfs takes any size; the machine's memory is the bound then. */
const UNBOUNDED_SCRATCH = 2 ** 40;

function tooLittleMemory(record: CallRecord): boolean {
  const { memInBytes } = record.request.limits;
  const needed = LEAST_MEMORY_IN_BYTES + (record.payload?.unpackedInBytes ?? 0);
  if (memInBytes === null || memInBytes >= needed) return false;
  record.fault ??= {
    kind: 'memory',
    message: `Node.js and the function's code need ${Math.ceil(needed / 2 ** 20)} MB to start with`,
  };
  return true;
}

async function attemptAsync<T>(
  record: CallRecord,
  faultFor: (error: unknown) => Fault,
  step: () => Promise<T>,
): Promise<T | null> {
  try {
    return await step();
  } catch (error) {
    record.fault ??= faultFor(error);
    return null;
  }
}

async function atMost(clock: Clock, seconds: number, promise: Promise<void>): Promise<void> {
  let cancel = () => {};
  const timeout = new Promise<void>((resolve) => {
    cancel = clock.after(seconds, resolve);
  });
  await Promise.race([promise, timeout]);
  cancel();
}
