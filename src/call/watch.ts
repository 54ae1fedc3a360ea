import type { LimitKind } from '../wire/protocol.js';
import type { Clock } from './clock.js';
import { pauseUntilCpuLimit, pauseUntilNextSample, timerFor } from './deadlines.js';
import type { Stop } from './evidence.js';
import type { Usage } from './sandbox.js';

/** A timer this much late means that this program was busy: what the runner has said meanwhile is read first. */
const LATE_IN_S = 0.02;

export interface WatchOptions {
  readonly wallTimeInS: number | null;
  readonly cpuTimeInS: number | null;
  readonly gracePeriodInS: number;
  /** Cores that the container can use at once. */
  readonly cores: number;
  readonly clock: Clock;
  /** Reads the counters. */
  readonly usage: () => Usage | null;
  /** A limit was met and a grace period begins. */
  readonly onNotice: (kind: LimitKind) => void;
  /** No more time: kill. */
  readonly onKill: (kind: LimitKind) => void;
}

export interface Watch {
  /**
   * Starts counting for a phase.
   * @param before the counters as they were just before it; null: as they are now
   * @param at when it began, on the clock; this program may have been held up since. @default now
   */
  begin(before?: Usage | null, at?: number): void;
  /** The caller wants it stopped. */
  abort(): void;
  /** Ends the watch, after one more reading. */
  end(): void;
  /** First limit met, with what became of it. */
  readonly stop: Stop | null;
  /** Usage since `begin`, the peak since its last reset. */
  readonly used: Used;
}

export interface Used {
  readonly wallInS: number;
  readonly cpuInS: number;
  readonly peakInBytes: number;
  readonly oomKills: number;
  readonly pidsRefused: number;
  /** Seconds since the counters were last read: a container takes them with it. */
  readonly unseenInS: number;
}

/**
 * Watches one container's time and counters, phase by phase. The first limit met is noted before anything is done about it: afterwards
 * 137 says only SIGKILL.
 */
export function watch(options: WatchOptions): Watch {
  const { clock, wallTimeInS, cpuTimeInS, gracePeriodInS } = options;
  let startedAt: number | null = null;
  let endedAt: number | null = null;
  let baseline: Usage | null = null;
  let last: Usage | null = null;
  let lastReadAt: number | null = null;
  let peakInBytes = 0;
  let stop: Stop | null = null;
  const timers = new Set<() => void>();

  const schedule = (seconds: number, callback: () => void) => {
    const due = clock.now() + seconds;
    const cancel = clock.after(timerFor(seconds), () => {
      timers.delete(cancel);
      const late = clock.now() - due;
      if (late < -LATE_IN_S) schedule(-late, callback);
      else if (late > LATE_IN_S) setImmediate(() => setImmediate(() => endedAt === null && callback()));
      else callback();
    });
    timers.add(cancel);
  };
  const clear = () => {
    for (const cancel of timers) cancel();
    timers.clear();
  };
  const read = () => {
    const usage = options.usage();
    if (usage === null) return;
    last = usage;
    lastReadAt = clock.now();
    baseline ??= usage;
    peakInBytes = Math.max(peakInBytes, usage.peakInBytes);
  };
  const cpuUsed = () => (last === null || baseline === null ? 0 : last.cpuInS - baseline.cpuInS);

  const meet = (kind: LimitKind) => {
    if (stop !== null || endedAt !== null) return;
    stop = { kind, killed: false };
    if (gracePeriodInS === 0) return kill(kind);
    schedule(gracePeriodInS, () => kill(kind));
    options.onNotice(kind);
  };
  const kill = (kind: LimitKind) => {
    if (endedAt !== null) return;
    read();
    stop = { kind, killed: true };
    options.onKill(kind);
  };

  const sample = () => {
    read();
    if (cpuTimeInS !== null && cpuUsed() >= cpuTimeInS) meet('cpuTime');
    const left = cpuTimeInS === null || stop !== null ? Number.POSITIVE_INFINITY : cpuTimeInS - cpuUsed();
    const elapsed = clock.now() - (startedAt ?? clock.now());
    schedule(Math.min(pauseUntilNextSample(elapsed), pauseUntilCpuLimit(left, options.cores)), sample);
  };

  return {
    begin(before = null, at = clock.now()) {
      if (stop !== null) return;
      clear();
      startedAt = at;
      baseline = before;
      last = before ?? last;
      // The peak was reset since.
      peakInBytes = before?.memInBytes ?? 0;
      if (before === null) read();
      if (wallTimeInS !== null) schedule(Math.max(wallTimeInS - (clock.now() - at), 0), () => meet('wallTime'));
      schedule(pauseUntilNextSample(0), sample);
    },
    abort: () => meet('abort'),
    end() {
      if (endedAt !== null) return;
      clear();
      endedAt = clock.now();
      read();
    },
    get stop() {
      return stop;
    },
    get used() {
      const now = endedAt ?? clock.now();
      return {
        wallInS: startedAt === null ? 0 : now - startedAt,
        cpuInS: cpuUsed(),
        peakInBytes,
        oomKills: (last?.oomKills ?? 0) - (baseline?.oomKills ?? 0),
        pidsRefused: (last?.pidsRefused ?? 0) - (baseline?.pidsRefused ?? 0),
        unseenInS: now - (lastReadAt ?? startedAt ?? now),
      };
    },
  };
}
