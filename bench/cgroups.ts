import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { CgroupFolders } from '../src/engine/cgroup-path.js';
import type { Meter } from '../src/engine/usage.js';
import { built } from './setting.js';

const { findCgroup } = await built<typeof import('../src/engine/cgroup-path.js')>('engine/cgroup-path.js');
const { openCgroupMeter } = await built<typeof import('../src/engine/usage.js')>('engine/usage.js');

/** The folders of a running container's cgroup. */
export async function cgroupOf(docker: Docker, id: string): Promise<CgroupFolders> {
  const { State } = await docker.getContainer(id).inspect();
  const folders = findCgroup(
    readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8'),
    readFileSync('/proc/self/mountinfo', 'utf8'),
    id,
  );
  if (folders === null) throw new Error('The cgroups of this engine cannot be seen from here');
  return folders;
}

/** What nisher reads a running container's counters with. */
export async function meterOf(docker: Docker, id: string): Promise<Meter> {
  const meter = openCgroupMeter(await cgroupOf(docker, id));
  if (meter === null) throw new Error('The counters of that cgroup cannot be read');
  return meter;
}

/** Ids of this program's running containers, once there are so many. */
export async function runningContainers(docker: Docker, owner: string, atLeast: number): Promise<string[]> {
  for (let tries = 0; tries < 500; tries++) {
    const running = await docker.listContainers({ filters: { label: [`nisher.owner=${owner}`], status: ['running'] } });
    if (running.length >= atLeast) return running.map(({ Id }) => Id);
    await sleep(20);
  }
  throw new Error(`There were no ${atLeast} running containers of this program within 10 s`);
}

/** Counts the cgroups that lie beside that of a container of this program, which `call` keeps running. */
export async function cgroupsBeside(docker: Docker, owner: string, call: () => Promise<unknown>): Promise<() => number> {
  const calling = call();
  const [id = ''] = await runningContainers(docker, owner, 1);
  const folders = await cgroupOf(docker, id);
  const folder = path.dirname(folders.version === 2 ? folders.unified : folders.cpuacct);
  await calling;
  return () => readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length;
}
