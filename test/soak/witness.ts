import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Counters } from './kernel-counters.js';

/** What was seen of one container from outside, up to its end. Times are Unix times. */
export interface Seen {
  readonly id: string;
  /** Size of its /tmp, which no two calls share. */
  readonly mark: number;
  readonly startedAtInMs: number;
  readonly endedAtInMs: number;
  readonly sampledAtInMs: number;
  /** The last sample; null when it was too short-lived for one. */
  readonly counters: Counters | null;
  readonly mostMemInBytes: number;
  /** OOM kills in the kernel's log; null when it cannot be read. */
  readonly loggedOomKills: number | null;
  /** When the caller had the outcome: a sample before that may be from before what it tells of. */
  readonly outcomeAtInMs: number;
}

export interface Witness extends AsyncDisposable {
  /**
   * The container with that mark whose end is nearest to a moment; null when none ends about then. A warm one has another one beside
   * it, for the next call, which has not ended yet.
   * @param except id of one that served the call before: on a busy machine it may end as late as this one begins
   */
  endedAbout(mark: number, unixTimeInMs: number, except: string | null): Promise<Seen | null>;
}

/** A killed container may have ended that long before its call's outcome was there. */
const EARLY_IN_MS = 3000;
/** One that leaves by itself does so that long after it, at most. */
const LATE_IN_MS = 20_000;
const POLL_IN_MS = 100;

export type Ended = Omit<Seen, 'outcomeAtInMs'>;

type Message = { kind: 'ready' } | { kind: 'ended'; seen: Ended };

/** @param socketPath the engine's */
export async function startWitness(socketPath: string): Promise<Witness> {
  const program = fileURLToPath(new URL('./witness-process.ts', import.meta.url));
  const child = fork(program, [socketPath, String(process.pid)], { execArgv: ['--import', import.meta.resolve('tsx')] });
  const ended: Ended[] = [];
  child.on('message', (message: Message) => {
    if (message.kind === 'ended') ended.push(message.seen);
  });
  await once(child, 'message');
  return {
    async endedAbout(mark, unixTimeInMs, except) {
      const distance = ({ endedAtInMs }: Ended) => Math.abs(endedAtInMs - unixTimeInMs);
      for (;;) {
        const [nearest] = ended
          .filter(({ id, mark: its, endedAtInMs }) => its === mark && id !== except && endedAtInMs > unixTimeInMs - EARLY_IN_MS)
          .sort((one, other) => distance(one) - distance(other));
        if (nearest !== undefined) return { ...nearest, outcomeAtInMs: unixTimeInMs };
        if (Date.now() > unixTimeInMs + LATE_IN_MS) return null;
        await sleep(POLL_IN_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
