import { BARE_PROGRAM, bareCall } from '../baselines/bare-call.js';
import type { Figure } from '../figure.js';
import { LIMITS, type Setting } from '../setting.js';

/** Callers at once, and calls of all of them together, measured so often in turns. */
const LOADS = [
  { callers: 2, calls: 30, turns: 3 },
  { callers: 8, calls: 60, turns: 3 },
  { callers: 64, calls: 100, turns: 2 },
];

/** Calls a second, each in a container of its own, while so many callers go on calling. */
export async function measureThroughput({ nisher, docker, containerOptions }: Setting): Promise<Figure[]> {
  const options = containerOptions(BARE_PROGRAM);
  const figures: Figure[] = [];
  for (const { callers, calls, turns } of LOADS) {
    const taken = { nisher: 0, bare: 0 };
    for (let turn = 0; turn < turns; turn++) {
      const limited = nisher.enforceLimits(LIMITS)((a: number, b: number) => a + b);
      taken.nisher += await churn(callers, calls, async () => (await limited.run(1, 2)).unwrap());
      await limited.close();
      taken.bare += await churn(callers, calls, () => bareCall(docker, options));
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

/**
 * Milliseconds until so many calls are done. The callers go on until then: a rate that is sustained has no end, at which fewer and fewer
 * calls are under way, and containers are ready for calls that do not come.
 */
async function churn(callers: number, calls: number, call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let done = 0;
  let taken = Number.NaN;
  const caller = async () => {
    while (done < calls) {
      await call();
      done++;
      if (done === calls) taken = performance.now() - start;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return taken;
}
