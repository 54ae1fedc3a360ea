import { BARE_PROGRAM, bareCall } from '../baselines/bare-call.js';
import type { Figure } from '../figure.js';
import { LIMITS, type Setting } from '../setting.js';
import { timed } from '../statistics.js';

/**
 * Callers at once, and calls of all of them together, measured so often in turns. Enough for the end not to count much, where the pool
 * starts containers for calls that do not come.
 */
const LOADS = [
  { callers: 2, calls: 40, turns: 2 },
  { callers: 8, calls: 96, turns: 2 },
  { callers: 64, calls: 192, turns: 1 },
];

/** Calls a second, each in a container of its own, while so many callers go on calling. */
export async function measureThroughput({ nisher, docker, containerOptions }: Setting): Promise<Figure[]> {
  const options = containerOptions(BARE_PROGRAM);
  const figures: Figure[] = [];
  for (const { callers, calls, turns } of LOADS) {
    const taken = { nisher: 0, bare: 0 };
    for (let turn = 0; turn < turns; turn++) {
      const limited = nisher.enforceLimits(LIMITS)((a: number, b: number) => a + b);
      taken.nisher += await timed(() => churn(callers, calls, async () => (await limited.run(1, 2)).unwrap()));
      await limited.close();
      taken.bare += await timed(() => churn(callers, calls, () => bareCall(docker, options)));
    }
    const perSecond = (milliseconds: number) => (turns * calls * 1000) / milliseconds;
    figures.push({
      name: `fresh containers, ${callers} callers`,
      value: perSecond(taken.nisher),
      unit: 'calls/s',
      against: { name: 'bare requests to the engine', value: perSecond(taken.bare) },
      must: { atLeast: 0.95 },
    });
  }
  return figures;
}

async function churn(callers: number, calls: number, call: () => Promise<unknown>): Promise<void> {
  let left = calls;
  const caller = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
