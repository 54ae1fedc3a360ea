import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nowInS } from './clock.js';
import type { Counters } from './kernel-counters.js';

/** One reading, which was made between two moments: on a busy machine they may be far apart. */
export interface Sample extends Counters {
  readonly afterInS: number;
  readonly beforeInS: number;
}

/** What was seen of one container from outside, up to its end. Times are those of clock.ts. */
export interface Seen {
  readonly id: string;
  /** Size of its /tmp, which no two calls share. */
  readonly mark: number;
  readonly startedAtInS: number;
  readonly endedAtInS: number;
  /** In order; none when it was too short-lived. */
  readonly samples: readonly Sample[];
  /** OOM kills in the kernel's log; null when it cannot be read. */
  readonly loggedOomKills: number | null;
}

export interface Witness extends AsyncDisposable {
  /** The container with that id; null when its end is not seen. */
  endOf(id: string): Promise<Seen | null>;
  /**
   * The container with that mark whose end is nearest to a moment; null when none ends about then. A warm one has another one beside
   * it, for the next call, which has not ended yet.
   * @param except ids of those that served the calls before: on a busy machine one may end as late as this one begins
   */
  endedAbout(mark: number, atInS: number, except: readonly string[]): Promise<Seen | null>;
}

/** A killed container may have ended that long before its call's outcome was there. */
const EARLY_IN_S = 3;
/** The engine has told of it by then: before that, the nearest may be that of a call before. */
const TOLD_AFTER_S = 1;
/** One that leaves by itself does so that long after it, at most. */
const LATE_IN_S = 20;
const POLL_IN_MS = 50;
/** By then nobody asks for it any more. */
const KEPT_FOR_S = 120;

type Message = { kind: 'ready' } | { kind: 'ended'; seen: Seen };

/** @param socketPath the engine's */
export async function startWitness(socketPath: string): Promise<Witness> {
  const program = fileURLToPath(new URL('./witness-process.ts', import.meta.url));
  const child = fork(program, [socketPath, String(process.pid)], { execArgv: ['--import', import.meta.resolve('tsx')] });
  const ended = new Map<string, Seen>();
  child.on('message', (message: Message) => {
    if (message.kind !== 'ended') return;
    ended.set(message.seen.id, message.seen);
    for (const [id, { endedAtInS }] of ended) if (endedAtInS < nowInS() - KEPT_FOR_S) ended.delete(id);
  });
  await once(child, 'message');
  const waitFor = async (find: () => Seen | undefined) => {
    const until = nowInS() + LATE_IN_S;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (nowInS() > until) return null;
      await sleep(POLL_IN_MS);
    }
  };
  return {
    endOf: (id) => waitFor(() => ended.get(id)),
    endedAbout(mark, atInS, except) {
      const distance = ({ endedAtInS }: Seen) => Math.abs(endedAtInS - atInS);
      return waitFor(() => {
        if (nowInS() < atInS + TOLD_AFTER_S) return undefined;
        return [...ended.values()]
          .filter(({ id, mark: its, endedAtInS }) => its === mark && !except.includes(id) && endedAtInS > atInS - EARLY_IN_S)
          .sort((one, other) => distance(one) - distance(other))[0];
      });
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
