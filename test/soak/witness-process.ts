/**
 * A process of its own that looks at the containers of the calls from outside: what the engine's events, the kernel's counters and the
 * kernel's log say of them. Started by witness.ts with the engine's socket and the label of the containers' owner.
 */
import { request } from 'node:http';
import { fromUnix, nowInS } from './clock.js';
import { countersOf } from './kernel-counters.js';
import { openKernelLog } from './kernel-log.js';
import type { Sample, Seen } from './witness.js';

const SAMPLE_EVERY_IN_MS = 20;

interface Watched {
  readonly id: string;
  readonly mark: number;
  readonly startedAtInS: number;
  readonly read: ReturnType<typeof countersOf>;
  readonly samples: Sample[];
  /** Processes that it has had. */
  readonly pids: Set<number>;
}

const [socketPath = '', ownerPid = ''] = process.argv.slice(2);
const watched = new Map<string, Watched>();
const diedAtInS = new Map<string, number>();
const log = openKernelLog();

function get(path: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('end', () => resolve(JSON.parse(body)));
    })
      .once('error', reject)
      .end();
  });
}

interface Inspected {
  readonly Config?: { readonly Labels?: Record<string, string> };
  readonly HostConfig?: { readonly Tmpfs?: Record<string, string> };
  readonly State?: { readonly Pid?: number };
}

async function begin(id: string, startedAtInS: number): Promise<void> {
  const { HostConfig, State } = (await get(`/containers/${id}/json`)) as Inspected;
  const mark = Number(/size=(\d+)/.exec(HostConfig?.Tmpfs?.['/tmp'] ?? '')?.[1] ?? Number.NaN);
  if (!State?.Pid || Number.isNaN(mark)) return;
  const read = countersOf(State.Pid);
  watched.set(id, { id, mark, startedAtInS, read, samples: [], pids: new Set() });
}

function sample(): void {
  log?.readNew();
  for (const one of watched.values()) {
    const endedAtInS = diedAtInS.get(one.id);
    if (endedAtInS !== undefined) {
      // The kernel has logged its kills before the container's end was known.
      watched.delete(one.id);
      process.send?.({ kind: 'ended', seen: conclude(one, endedAtInS) });
      continue;
    }
    try {
      const afterInS = nowInS();
      const counters = one.read.counters();
      one.samples.push({ afterInS, beforeInS: nowInS(), ...counters });
      for (const pid of one.read.pids()) one.pids.add(pid);
    } catch {
      // The cgroup is gone; its end is about to be told.
    }
  }
}

function conclude({ id, mark, startedAtInS, samples, pids }: Watched, endedAtInS: number): Seen {
  const loggedOomKills = log === null ? null : log.oomKillsOf(id, pids, startedAtInS);
  return { id, mark, startedAtInS, endedAtInS, samples, loggedOomKills };
}

const filters = JSON.stringify({ type: ['container'], event: ['start', 'die'], label: ['nisher.owner'] });
request({ socketPath, path: `/events?filters=${encodeURIComponent(filters)}` }, (response) => {
  let rest = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { Action, Actor, timeNano } = JSON.parse(line) as {
        Action: string;
        Actor: { ID: string; Attributes: Record<string, string> };
        timeNano: number;
      };
      if (!Actor.Attributes['nisher.owner']?.includes(`:${ownerPid}:`)) continue;
      // One that has ended before it could be looked at is never watched.
      if (Action === 'start') begin(Actor.ID, fromUnix(timeNano / 1e6)).catch(() => {});
      else diedAtInS.set(Actor.ID, fromUnix(timeNano / 1e6));
    }
  });
  process.send?.({ kind: 'ready' });
}).end();

setInterval(sample, SAMPLE_EVERY_IN_MS);
process.once('disconnect', () => process.exit());
