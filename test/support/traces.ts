import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect, type Engine } from '../../src/engine/connect.js';
import { getJson } from '../../src/engine/engine-request.js';
import { OWNER_LABEL } from '../../src/engine/labels.js';
import { parseOwner } from '../../src/engine/owner.js';
import { processesNaming } from './clear-away.js';
import { patience } from './patience.js';

/** What to look for. */
export interface Suspect {
  /** URL of the engine; null: the one that is found. */
  readonly engine: string | null;
  /** Ids of containers, noted when they were made: what is left of one may be all but what the engine knows. Default none. */
  readonly containers?: Iterable<string>;
  /** A program, of which no container may be left, seen or not. */
  readonly pid?: number;
  /** In Unix seconds: volumes are older if they are somebody else's. Default: when this file of tests began. */
  readonly since?: number;
  /** Words in the command line of a process of it. */
  readonly named?: string;
  /** Its folder for temporary files. */
  readonly tempFolder?: string;
}

/** Whatever happens to the engine, to containers and connections: so long after it, nothing is left. */
export const CLEAN_AFTER_S = 10 * patience;
/** A program that was killed leaves that to its reaper. */
export const REAPED_AFTER_S = 30 * patience;

const LOOK_INTERVAL_IN_MS = 250;

/** Everything that is still there after so many seconds; returns as soon as there is nothing. */
export async function tracesAfter(seconds: number, suspect: Suspect): Promise<string[]> {
  const engine = await connect(suspect.engine);
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const ids = [...(suspect.containers ?? [])];
    const traces = [
      ...(await containersOf(engine, (id, pid) => pid === suspect.pid || ids.includes(id))),
      ...(await unusedVolumes(engine, suspect.since ?? Math.floor(performance.timeOrigin / 1000))),
      ...(await cgroupsOf(ids)),
      ...processesIn(ids),
      ...(suspect.named === undefined ? [] : processesNaming(suspect.named).map((pid) => `process ${pid}`)),
      ...(suspect.tempFolder === undefined ? [] : await temporaryFiles(suspect.tempFolder)),
    ];
    if (traces.length === 0 || performance.now() > deadline) return traces;
    await sleep(LOOK_INTERVAL_IN_MS);
  }
}

/** Containers of nisher's that are meant, as `container ID STATE`. */
export async function containersOf(
  { transport }: Engine,
  isMeant: (id: string, pid: number | undefined) => boolean,
): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }));
  const listed = await getJson(transport, `/containers/json?all=1&filters=${filters}`, AbortSignal.timeout(30_000));
  const containers = Object.values(listed) as { Id: string; State: string; Labels: Record<string, string> }[];
  return containers
    .filter(({ Id, Labels }) => isMeant(Id, parseOwner(Labels[OWNER_LABEL] ?? '')?.pid))
    .map(({ Id, State }) => `container ${Id.slice(0, 12)} ${State}`);
}

/** Those that came with a container; one that a container still has goes with that. */
async function unusedVolumes({ transport }: Engine, since: number): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ dangling: ['true'] }));
  const { Volumes } = await getJson(transport, `/volumes?filters=${filters}`, AbortSignal.timeout(30_000));
  return ((Volumes ?? []) as { Name: string; CreatedAt: string }[])
    .filter(({ Name, CreatedAt }) => /^[0-9a-f]{64}$/.test(Name) && Date.parse(CreatedAt) >= since * 1000)
    .map(({ Name }) => `volume ${Name.slice(0, 12)}`);
}

async function cgroupsOf(ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const names = ids.flatMap((id, index) => [...(index === 0 ? [] : ['-o']), '-name', `*${id}*`]);
  // A folder that goes while it is looked at makes find fail; what it found, counts.
  const { stdout } = await promisify(execFile)('find', ['/sys/fs/cgroup', '-type', 'd', '(', ...names, ')']).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  return stdout.split('\n').flatMap((folder) => (folder === '' ? [] : [`cgroup ${folder}`]));
}

/** Of a container, and of what an engine has for it: its shim, its runtime. */
function processesIn(ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const text = ['cmdline', 'cgroup'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1')).join('\n');
      return ids.some((id) => text.includes(id)) ? [`process ${pid} ${text.split('\n', 1)[0]?.replaceAll('\0', ' ')}`] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** But for the cache of what compiles the tests. */
async function temporaryFiles(folder: string): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => !/^(tsx|node-compile-cache)/.test(name))
    .map((name) => `temporary file ${name}`);
}
