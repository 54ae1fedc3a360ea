import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cgroupsBeside } from '../cgroups.js';
import type { Figure } from '../figure.js';
import type { Setting } from '../setting.js';

const CALLS = 5000;
/** Until V8, whose young generation grows by 17 MB in the first thousand calls, the engine and the C library have what they keep. */
const WARM_UP_CALLS = 1500;
const CALLERS = 2;
/** Calls in a thousand that end otherwise than by returning. */
const HARM_IN_A_THOUSAND = { throw: 20, exit: 4, memory: 3, wallTime: 4, cpuTime: 3 } as const;
type Behaviour = keyof typeof HARM_IN_A_THOUSAND | 'return';

const expected = {
  return: 0,
  throw: 'AnythingException',
  exit: 'AnythingException',
  memory: 'MemorylimitException',
  wallTime: 'TimeoutException',
  cpuTime: 'CpuTimeoutException',
} as const satisfies Record<Behaviour, unknown>;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is left of thousands of calls that ended in all ways. */
export async function measureEndurance({ nisher, docker, owner }: Setting): Promise<Figure[]> {
  const context = nisher.getContext('forkserver', { maxTasksPerChild: 1000, maxConcurrency: CALLERS });
  // Wall time enough for the CPU time to be had on a busy machine.
  const limits = { memInMb: 64, wallTimeInS: 1, cpuTimeInS: 0.3, context };
  const limited = nisher.enforceLimits(limits)(async (behaviour: string) => {
    if (behaviour === 'throw') throw new Error('thrown');
    if (behaviour === 'exit') process.exit(3);
    for (const hoard: number[][] = []; behaviour === 'memory'; ) hoard.push(new Array(10_000).fill(1.5));
    while (behaviour === 'cpuTime');
    if (behaviour === 'wallTime') await new Promise((resolve) => setTimeout(resolve, 60_000));
    return behaviour;
  });
  const callALot = async (calls: number) => {
    let left = calls;
    const caller = async () => {
      while (left-- > 0) {
        const behaviour = behaviourOf(left);
        const { exitStatus, error } = await limited.run(behaviour);
        if (exitStatus !== expected[behaviour]) throw new Error(`${behaviour} came out as ${exitStatus}: ${error?.message}`);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    await limited.close();
  };
  const cgroups = await cgroupsBeside(docker, owner, () => limited.run('wallTime'));
  const look = async () => {
    collectGarbage();
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      containers: (await docker.listContainers({ all: true })).length,
      volumes: ((await docker.listVolumes()).Volumes ?? []).length,
      cgroups: cgroups(),
      rssInMb: process.memoryUsage.rss() / 2 ** 20,
    };
  };
  await callALot(WARM_UP_CALLS);
  const before = await look();
  await callALot(CALLS);
  const after = await look();
  const things = (['descriptors', 'containers', 'volumes', 'cgroups'] as const).map((kind) => ({
    name: `5,000 mixed calls: more ${kind}`,
    value: after[kind] - before[kind],
    unit: '' as const,
    must: { atMost: 0 },
  }));
  return [
    ...things,
    { name: '5,000 mixed calls: more memory', value: after.rssInMb - before.rssInMb, unit: 'MB', must: { atMost: 20 } },
  ];
}

/** The same for the same number; spread over all calls, for 271 and 1000 have no common divisor. */
function behaviourOf(call: number): Behaviour {
  let place = (call * 271) % 1000;
  for (const [behaviour, share] of Object.entries(HARM_IN_A_THOUSAND)) {
    if (place < share) return behaviour as Behaviour;
    place -= share;
  }
  return 'return';
}
