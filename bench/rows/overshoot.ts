import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figure.js';
import type { Setting } from '../setting.js';
import { percentile } from '../statistics.js';

const WALL_CALLS = 50;
/** Long enough for the next call's container to be up: the machine is to be idle when the limit is met. */
const WALL_LIMIT_IN_S = 0.4;
const CPU_CALLS = 25;
const CPU_LIMIT_IN_S = 0.2;
/** Of removing the last one. */
const QUIET_TIME_IN_MS = 100;

/** How much later than its limit a call comes to its end. */
export async function measureOvershoot({ nisher: { enforceLimits, getContext } }: Setting): Promise<Figure[]> {
  const wall: number[] = [];
  const busy = enforceLimits({ memInMb: 256, wallTimeInS: WALL_LIMIT_IN_S })(() => {
    for (;;);
  });
  await busy();
  for (let count = 0; count < WALL_CALLS; count++) {
    await sleep(QUIET_TIME_IN_MS);
    const start = performance.now();
    const outcome = await busy.run();
    // As the caller sees it: everything counts that came before and after.
    wall.push(performance.now() - start - WALL_LIMIT_IN_S * 1000);
    if (outcome.exitStatus !== 'TimeoutException') throw new Error(`Expected a TimeoutException, got ${outcome.error}`);
  }
  await busy.close();

  const cpu: number[] = [];
  // No container is started beside the two that are busy.
  const context = getContext('spawn');
  const twoBusy = enforceLimits({ memInMb: 256, cpuTimeInS: CPU_LIMIT_IN_S, context })(async () => {
    const { spawn } = await import('node:child_process');
    spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' });
    // Till the other one is up.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (;;);
  });
  await twoBusy();
  for (let count = 0; count < CPU_CALLS; count++) {
    const outcome = await twoBusy.run();
    cpu.push((outcome.cpuTime - CPU_LIMIT_IN_S) * 1000);
    if (outcome.exitStatus !== 'CpuTimeoutException') throw new Error(`Expected a CpuTimeoutException, got ${outcome.error}`);
  }
  await twoBusy.close();
  return [
    { name: 'beyond the wall-time limit: p99', value: percentile(wall, 0.99), unit: 'ms', must: { atMost: 50 } },
    { name: 'beyond the CPU-time limit, two processes: p99', value: percentile(cpu, 0.99), unit: 'ms', must: { atMost: 30 } },
  ];
}
