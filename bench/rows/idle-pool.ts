import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupOf, runningContainers } from '../cgroups.js';
import type { Figure } from '../figure.js';
import { built, LIMITS, type Setting } from '../setting.js';

const { openCgroupMeter } = await built<typeof import('../../src/engine/usage.js')>('engine/usage.js');

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
  const meters = await Promise.all(ids.map(async (id) => openCgroupMeter(await cgroupOf(docker, id))));
  const used = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6 + meters.reduce((sum, meter) => sum + (meter?.read()?.cpuInS ?? Number.NaN), 0);
  };
  const before = used();
  await sleep(WATCHED_IN_MS);
  const share = (used() - before) / (WATCHED_IN_MS / 1000);
  for (const meter of meters) meter?.close();
  await limited.close();
  return [{ name: `idle pool of ${ids.length}: share of a core`, value: 100 * share, unit: '%', must: { atMost: 0.5 } }];
}
