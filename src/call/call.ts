import { setImmediate as immediately } from 'node:timers/promises';
import type { Outcome } from '../outcome.js';
import type { CallRecord, CallRequest, Lease } from './call-record.js';
import { systemClock } from './clock.js';
import { concludeCall } from './conclude.js';
import type { Said } from './conversation.js';
import { deferred } from './deferred.js';
import { atMost, dismiss } from './dismiss.js';
import type { Fault } from './evidence.js';
import { durationFault, engineFault, packFault } from './faults.js';
import { LEAST_MEMORY_IN_BYTES } from './heap-size.js';
import { giveNotice, timeLimits } from './prepare.js';
import { watch } from './watch.js';

/** A call that is decided; its container may still be on its way out. */
export interface FinishedCall {
  readonly outcome: Outcome;
  /** Settles when nothing is left of it. Never rejects. */
  readonly gone: Promise<void>;
}

/** Decoding that many takes less than the millisecond that it would take to hear that it is done. */
const CALLED_AT_ONCE_UP_TO_BYTES = 2 ** 16;
/** 256 MB of arguments take a few seconds to decode. */
const READY_TIME_IN_S = 30;
/** Containers that are tried for one call. A runner that dies of its arguments would have new ones made ready for ever. */
const MOST_TRIES = 3;
/** What was printed before the last word is on its way, on the other stream. */
const FLUSH_TIME_IN_S = 1;

/** Runs one call from start to end. Never rejects: whatever happens is in the outcome. */
export async function runCall(request: CallRequest): Promise<FinishedCall> {
  const abortion = deferred<void>();
  const record: CallRecord = {
    request,
    clock: request.clock ?? systemClock,
    phase: 'boot',
    payload: null,
    prepared: null,
    watch: null,
    said: null,
    exit: null,
    fault: request.args.fault,
    abortedEarly: false,
    abortion: abortion.promise,
    timings: { queue: request.queuedInS, pack: 0, create: 0, start: 0, load: 0, call: 0, finish: 0 },
  };
  const { signal } = request.limits;
  const abort = () => {
    if (record.watch !== null) record.watch.abort();
    else {
      record.abortedEarly = true;
      abortion.resolve();
    }
  };
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  let gone = nothingToDo;
  try {
    ({ gone } = await perform(record));
  } finally {
    signal?.removeEventListener('abort', abort);
    request.output.end();
  }
  return { outcome: concludeCall(record), gone };
}

/** In an object, for an async function would wait for a promise that it returns. */
interface Going {
  readonly gone: Promise<void>;
}

const nothingToDo = Promise.resolve();

async function perform(record: CallRecord): Promise<Going> {
  const { request, clock, timings } = record;
  const nothing = { gone: nothingToDo };
  if (aborted(record)) return nothing;
  // What the caller got wrong is found before the engine hears of it.
  const packingSince = clock.now();
  const payload = await unlessAborted(record, attempt(record, packFault, request.pack));
  record.payload = payload;
  timings.pack = clock.now() - packingSince;
  if (payload === null || record.fault !== null || tooLittleMemory(record) || aborted(record)) return nothing;

  for (let tries = 1; ; tries++) {
    const leasingSince = clock.now();
    const leasing = attempt(record, engineFault, () => request.lease(payload));
    const lease = await unlessAborted(record, leasing);
    if (lease === null) return aborted(record) ? { gone: discard(record, leasing) } : nothing;
    if (lease.warm) timings.queue += clock.now() - leasingSince;
    else Object.assign(timings, lease.prepared.sandbox.timings);
    record.prepared = lease.prepared;
    lease.prepared.sandbox.keepAlive(true);
    const spoilt = !(await serve(record, lease)) && lease.warm && record.fault === null && !aborted(record);
    if (!spoilt || tries === MOST_TRIES) return await conclude(record, lease);
    // It died while it waited, and that costs no call.
    lease.end(false);
    void dismiss(lease.prepared, true, { clock, limits: request.limits });
    Object.assign(record, { phase: 'boot', watch: null, said: null });
  }
}

/**
 * Sees the module loaded, and calls the function.
 * @returns whether anything came of it: false when the container was gone before the function could be called
 */
async function serve(record: CallRecord, lease: Lease): Promise<boolean> {
  const { request, clock, timings } = record;
  const { limits } = request;
  const { prepared } = lease;
  const { sandbox, conversation } = prepared;
  prepared.printTo(request.output);
  record.watch = prepared.watch;
  record.phase = prepared.phase === 'loaded' ? 'load' : prepared.phase;
  if (aborted(record)) return true;
  if (!(await prepared.loaded)) {
    record.phase = prepared.phase === 'boot' ? 'boot' : 'load';
    record.said = prepared.said;
    record.fault ??= prepared.fault;
    return record.said !== null || prepared.watch.stop !== null;
  }
  if (!lease.warm) timings.load = prepared.loadedInS;
  record.phase = 'call';
  let taken = false;
  const { pieces, sizeInBytes } = request.args;
  const atOnce = sizeInBytes <= CALLED_AT_ONCE_UP_TO_BYTES;
  let before = prepared.usageAtRest();
  const sentAt = clock.now();
  if (atOnce) {
    sandbox.resetPeak();
    // Whatever else a call needs is seen to while this is on its way.
    conversation.call(pieces);
  }
  const watcher = watch({
    ...timeLimits(limits),
    cores: prepared.cores,
    clock,
    usage: () => sandbox.usage(),
    onNotice: (kind) => giveNotice(conversation, limits, kind),
    onKill: prepared.kill,
  });
  record.watch = watcher;
  // The code in the container can come by the delimiter, claim to be loaded, and go on: a runner that is takes them at once.
  const cancelReady = clock.after(READY_TIME_IN_S, () => {
    record.fault ??= {
      kind: 'protocol',
      message: `The runner did not take the arguments within ${READY_TIME_IN_S} s of being loaded`,
      hint: 'Is the machine overloaded, or does the module go on working after it is loaded?',
    };
    prepared.kill();
  });
  const begin = (at: number) => {
    watcher.begin(before, at);
    request.onCalled?.();
  };
  conversation.onReady = () => {
    taken = true;
    cancelReady();
    if (atOnce) return;
    // Decoding them counts for nothing.
    before = sandbox.usage();
    sandbox.resetPeak();
    begin(clock.now());
    conversation.go();
  };
  if (atOnce) begin(sentAt);
  else conversation.sendArguments(pieces);
  hear(record, await conversation.said, clock.now() - sentAt);
  cancelReady();
  watcher.end();
  timings.call = watcher.used.wallInS;
  record.fault ??= conversation.fault;
  return taken || record.said !== null || watcher.stop !== null;
}

/** Takes the runner's last word, unless it cannot be true. */
function hear(record: CallRecord, said: Said | null, mostInS: number): void {
  const fault = durationFault(said, mostInS);
  record.said = fault === null ? said : null;
  record.fault ??= fault;
}

/** Waits for what can still change the outcome, and for no more. */
async function conclude(record: CallRecord, lease: Lease): Promise<Going> {
  const { clock, request, timings } = record;
  const { prepared } = lease;
  const finishing = { clock, limits: request.limits };
  request.output.letGo();
  if (isCertain(record) && (await atMost(clock, FLUSH_TIME_IN_S, prepared.conversation.flushed))) {
    record.exit = { kind: 'exited', exitCode: 0, oomKilled: false };
    if (lease.end(record.watch?.stop === null)) return { gone: nothingToDo };
    prepared.sandbox.keepAlive(false);
    // The caller has the value first: letting a container go takes 0.1 ms.
    return { gone: immediately().then(async () => (await dismiss(prepared, false, finishing)).gone) };
  }
  lease.end(false);
  const finishingSince = clock.now();
  const { exit, gone } = await dismiss(prepared, record.fault !== null || record.abortedEarly, finishing);
  record.exit = exit;
  timings.finish = clock.now() - finishingSince;
  return { gone };
}

/**
 * Whether nothing that is still to be seen can change the verdict: the runner has said its last word and waits to be released, and the
 * counters, read at that moment, are the kernel's own. Then its exit code is 0.
 */
function isCertain({ fault, said, prepared, watch: watcher }: CallRecord): boolean {
  if (fault !== null || said === null || prepared?.sandbox.meter !== 'cgroup' || watcher?.stop?.killed) return false;
  const { end } = said;
  return (
    end.status === 'returned' ||
    end.status === 'uncarriable' ||
    end.status === 'tooLarge' ||
    (end.status === 'threw' && !end.exits)
  );
}

/** What a step comes to; null when the caller aborts meanwhile, for whom a large package is not waited. */
async function unlessAborted<T>(record: CallRecord, step: Promise<T | null>): Promise<T | null> {
  return await Promise.race([step, record.abortion.then(() => null)]);
}

/** Ends the container that comes too late. */
async function discard({ clock, request }: CallRecord, leasing: Promise<Lease | null>): Promise<void> {
  const late = await leasing;
  if (late === null) return;
  late.end(false);
  const { gone } = await dismiss(late.prepared, true, { clock, limits: request.limits });
  await gone;
}

/** Asked again after each step: the caller may abort at any time. */
function aborted(record: CallRecord): boolean {
  return record.abortedEarly;
}

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

async function attempt<T>(record: CallRecord, faultFor: (error: unknown) => Fault, step: () => Promise<T>): Promise<T | null> {
  try {
    return await step();
  } catch (error) {
    record.fault ??= faultFor(error);
    return null;
  }
}
