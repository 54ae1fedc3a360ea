import { fork } from 'node:child_process';
import { once } from 'node:events';
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
}

export interface Witness extends AsyncDisposable {
  /** Containers with that mark which have started so far. */
  startedWith(mark: number): readonly string[];
  /** That container's record, when it has ended; null when it does not within the time. */
  seen(id: string, withinInS: number): Promise<Seen | null>;
}

type Message = { kind: 'ready' } | { kind: 'started'; mark: number; id: string } | { kind: 'ended'; seen: Seen };

/** @param socketPath the engine's */
export async function startWitness(socketPath: string): Promise<Witness> {
  const program = fileURLToPath(new URL('./witness-process.ts', import.meta.url));
  const child = fork(program, [socketPath, String(process.pid)], { execArgv: ['--import', import.meta.resolve('tsx')] });
  const started = new Map<number, string[]>();
  const ended = new Map<string, Seen>();
  const waiting = new Map<string, (seen: Seen) => void>();
  child.on('message', (message: Message) => {
    if (message.kind === 'started') started.set(message.mark, [...(started.get(message.mark) ?? []), message.id]);
    if (message.kind !== 'ended') return;
    ended.set(message.seen.id, message.seen);
    waiting.get(message.seen.id)?.(message.seen);
  });
  await once(child, 'message');
  return {
    startedWith: (mark) => started.get(mark) ?? [],
    seen(id, withinInS) {
      const known = ended.get(id);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(null), withinInS * 1000);
        waiting.set(id, (seen) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(seen);
        });
      });
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
