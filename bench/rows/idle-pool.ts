import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupOf, runningContainers } from '../cgroups.js';
import type { Figure } from '../figure.js';
import { LIMITS, type Setting } from '../setting.js';

const CONTAINERS = 4;
/** Until what is started has settled; an idle pool lasts 10 s. */
const SETTLING_IN_MS = 2500;
const WATCHED_IN_MS = 5000;

/** CPU time that this program and four containers take that wait for calls. */
export async function measureIdlePool({ nisher: { enforceLimits }, docker, owner }: Setting): Promise<Figure[]> {
  const limited = enforceLimits(LIMITS)(() => new Promise((resolve) => setTimeout(resolve, 300)));
  await Promise.all(Array.from({ length: CONTAINERS }, () => limited()));
  await sleep(SETTLING_IN_MS);
  const ids = await runningContainers(docker, owner, CONTAINERS);
  const folders = await Promise.all(ids.map((id) => cgroupOf(docker, id)));
  const used = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6 + folders.reduce((sum, folder) => sum + cpuOf(folder), 0);
  };
  const before = used();
  await sleep(WATCHED_IN_MS);
  const share = (used() - before) / (WATCHED_IN_MS / 1000);
  await limited.close();
  return [{ name: `idle pool of ${ids.length}: share of a core`, value: 100 * share, unit: '%', must: { atMost: 0.5 } }];
}

/** Seconds. */
function cpuOf(folder: string): number {
  const version1 = path.join(folder, 'cpuacct.usage');
  try {
    return Number(readFileSync(version1, 'utf8')) / 1e9;
  } catch {
    return Number(/^usage_usec (\d+)/.exec(readFileSync(path.join(folder, 'cpu.stat'), 'utf8'))?.[1]) / 1e6;
  }
}
