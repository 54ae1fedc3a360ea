import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect, type Engine } from '../../src/engine/connect.js';
import { getJson } from '../../src/engine/engine-request.js';
import { OWNER_LABEL } from '../../src/engine/labels.js';
import { parseOwner } from '../../src/engine/owner.js';
import { processesNaming } from './own-engine.js';

/** What to look for. */
export interface Suspect {
  /** URL of the engine; null: the one that is found. */
  readonly engine: string | null;
  /** The program whose containers they are. */
  readonly pid: number;
  /** When it began, in Unix seconds. */
  readonly since: number;
  /** Words in the command line of a process of it. */
  readonly named?: string;
  /** Its folder for temporary files. */
  readonly tempFolder?: string;
}

const LOOK_INTERVAL_IN_MS = 250;

/** Everything of a program that is still there after so many seconds; returns as soon as there is nothing. */
export async function tracesAfter(seconds: number, suspect: Suspect): Promise<string[]> {
  const engine = await connect(suspect.engine);
  const ids = await containersMade(engine, suspect);
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const traces = [
      ...(await containersOf(engine, suspect.pid)),
      ...(await cgroupsOf(ids)),
      ...(suspect.named === undefined ? [] : processesNaming(suspect.named).map((pid) => `process ${pid}`)),
      ...(suspect.tempFolder === undefined ? [] : await temporaryFiles(suspect.tempFolder)),
    ];
    if (traces.length === 0 || performance.now() > deadline) return traces;
    await sleep(LOOK_INTERVAL_IN_MS);
  }
}

/** Containers of a program, as `container ID STATE`. */
export async function containersOf({ transport }: Engine, pid: number): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }));
  const listed = await getJson(transport, `/containers/json?all=1&filters=${filters}`, AbortSignal.timeout(30_000));
  const containers = Object.values(listed) as { Id: string; State: string; Labels: Record<string, string> }[];
  return containers
    .filter(({ Labels }) => parseOwner(Labels[OWNER_LABEL] ?? '')?.pid === pid)
    .map(({ Id, State }) => `container ${Id.slice(0, 12)} ${State}`);
}

/** Ids of the containers that the engine remembers to have made for a program. */
async function containersMade({ docker }: Engine, { pid, since }: Suspect): Promise<string[]> {
  const filters = { type: ['container'], event: ['create'], label: [OWNER_LABEL] };
  const stream = await docker.getEvents({ since, until: Math.ceil(Date.now() / 1000), filters: JSON.stringify(filters) });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  const events = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as { Actor: { ID: string; Attributes: Record<string, string> } });
  return events
    .filter(({ Actor }) => parseOwner(Actor.Attributes[OWNER_LABEL] ?? '')?.pid === pid)
    .map(({ Actor }) => Actor.ID);
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

/** But for the cache of what compiles the tests. */
async function temporaryFiles(folder: string): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => !/^(tsx|node-compile-cache)/.test(name))
    .map((name) => `temporary file ${name}`);
}
