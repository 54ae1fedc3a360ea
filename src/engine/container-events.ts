import type { Engine } from './connect.js';
import { followLines } from './engine-request.js';
import { OWNER_LABEL } from './labels.js';

/** What the engine has told of a container, unasked. */
export interface ContainerRecord {
  /** How often the kernel's OOM killer struck in it: an engine may tell late, and more often than it did. Docker 26 tells of each twice. */
  ooms: number;
  /** The same, as its counters had it when they were read last; not told by the engine. */
  oomKills: number;
  /** How many the engine had told of before the call that runs now. */
  oomsBefore: number;
  /** How many the counters had before it. */
  oomKillsBefore: number;
  /** null until it has ended. */
  exitCode: number | null;
  /** Whether the engine has sent it a signal: for us, for somebody else, or because it is itself shutting down. */
  signalled: boolean;
  /** Whether we have asked for that; not told by the engine. */
  killAsked: boolean;
}

export const nothingToldYet: Readonly<ContainerRecord> = {
  ooms: 0,
  oomKills: 0,
  oomsBefore: 0,
  oomKillsBefore: 0,
  exitCode: null,
  signalled: false,
  killAsked: false,
};

/**
 * Whether the OOM killer has struck in it since the call began. Once it had before, only the counters tell: what the engine says may be of
 * then.
 */
export function hasOoms(record: Readonly<ContainerRecord>): boolean {
  return record.oomKills > record.oomKillsBefore || (record.ooms > 0 && !hadOoms(record));
}

/** Whether it had before the call began. */
export function hadOoms({ oomsBefore, oomKillsBefore }: Readonly<ContainerRecord>): boolean {
  return oomsBefore > 0 || oomKillsBefore > 0;
}

/** A call begins, and what was is none of its concern. The counters have just been read. */
export function forgetOoms(record: ContainerRecord): void {
  record.oomsBefore = record.ooms;
  record.oomKillsBefore = record.oomKills;
}

/**
 * One subscription to what happens to this program's containers. An engine removes them as soon as they end, so asking
 * afterwards may be too late; what comes here, stays.
 */
export interface ContainerEvents {
  /** Resolves when events are coming in, or after half a second: they are one witness among several. */
  ready(): Promise<void>;
  /** From now on, what happens to that container is kept. */
  follow(id: string): Followed;
  forget(id: string): void;
}

export interface Followed {
  readonly record: ContainerRecord;
  /** Settles with the exit code when the engine tells that it has ended. */
  readonly died: Promise<number>;
}

/** Podman 4 has `died` for what it then calls `die`, as Docker does. */
const WANTED = ['oom', 'die', 'died', 'kill'];
const READY_TIME_IN_MS = 500;
const RETRY_DELAY_IN_MS = 500;

const subscriptions = new WeakMap<Engine, ContainerEvents>();

/** The one subscription of a connection. */
export function eventsOf(engine: Engine, owner: string): ContainerEvents {
  const events = subscriptions.get(engine) ?? subscribeTo(engine, owner);
  subscriptions.set(engine, events);
  return events;
}

function subscribeTo(engine: Engine, owner: string): ContainerEvents {
  const followed = new Map<string, { record: ContainerRecord; tellDied: (exitCode: number) => void }>();
  /** While subscribed: when it is. */
  let subscription: Promise<void> | null = null;
  /** Engine's time of the last event, or of the first subscription, in seconds; a new subscription begins there. */
  let heardUntil: number | null = null;

  const take = (event: Record<string, unknown>) => {
    const { Action, Actor, time } = event as {
      Action?: string;
      Actor?: { ID?: string; Attributes?: { exitCode?: unknown } };
      time?: unknown;
    };
    if (Number.isSafeInteger(time)) heardUntil = time as number;
    const { record, tellDied } = followed.get(Actor?.ID ?? '') ?? {};
    if (record === undefined) return;
    if (Action === 'oom') record.ooms++;
    if (Action === 'kill') record.signalled = true;
    if (Action === 'die') {
      record.exitCode = readExitCode(Actor?.Attributes?.exitCode);
      tellDied?.(record.exitCode);
    }
  };

  const subscribe = () => {
    subscription ??= new Promise((resolve) => {
      const filters = { type: ['container'], event: WANTED, label: [`${OWNER_LABEL}=${owner}`] };
      const since = heardUntil === null ? '' : `&since=${heardUntil}`;
      const path = `/events?filters=${encodeURIComponent(JSON.stringify(filters))}${since}`;
      const broken = () => {
        subscription = null;
        resolve();
        // The engine may come back while containers still run.
        setTimeout(() => {
          if (followed.size > 0) void subscribe();
        }, RETRY_DELAY_IN_MS).unref();
      };
      const opened = (at: number | null) => {
        heardUntil ??= at;
        resolve();
      };
      followLines(engine.transport, path, new AbortController().signal, opened, take).then(broken, broken);
    });
    return subscription;
  };

  return {
    async ready() {
      let timer: NodeJS.Timeout | undefined;
      // The subscription keeps nothing alive, so this timer has to.
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, READY_TIME_IN_MS);
      });
      await Promise.race([subscribe(), enough]);
      clearTimeout(timer);
    },
    follow(id) {
      const record = { ...nothingToldYet };
      const died = new Promise<number>((tellDied) => followed.set(id, { record, tellDied }));
      void subscribe();
      return { record, died };
    },
    forget(id) {
      followed.delete(id);
    },
  };
}

/** Engines write it as a text; NaN for what is no number, as an empty one would be 0. */
function readExitCode(given: unknown): number {
  return typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : Number.NaN;
}
