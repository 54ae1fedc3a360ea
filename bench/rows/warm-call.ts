import { setTimeout as sleep } from 'node:timers/promises';
import { attach, ECHO_ANSWER_IN_BYTES, ECHO_PROGRAM } from '../baselines/attached.js';
import { childFork } from '../baselines/child-fork.js';
import { openPython } from '../baselines/python.js';
import type { Figure } from '../figure.js';
import { LIMITS, type Setting } from '../setting.js';
import { median, percentile, timed } from '../statistics.js';

const CALLS = 100;
/** The baselines are measured with every so manieth call. */
const BASELINE_EVERY = 4;
/** A container is started, and its module loaded, in 150 to 250 ms. */
const REFILL_TIME_IN_MS = 300;

/** A call of a trivial function in a fresh container that waited for it, the pool being full. */
export async function measureWarmCall({ nisher, docker, containerOptions, pynisher, say }: Setting): Promise<Figure[]> {
  const limited = nisher.enforceLimits(LIMITS)((a: number, b: number) => a + b);
  const python = openPython('python_fork.py');
  const original = pynisher === null ? null : openPython('pynisher_fork.py', pynisher);
  const times = {
    call: [] as number[],
    echo: [] as number[],
    node: [] as number[],
    python: [] as number[],
    pynisher: [] as number[],
  };
  const call = async () => {
    const outcome = await limited.run(1, 2);
    if (outcome.unwrap() !== 3) throw new Error(`Expected 3, got ${outcome.result}`);
    return outcome;
  };
  await call();
  for (let round = 0; round < CALLS; round++) {
    const withBaselines = round % BASELINE_EVERY === 0;
    // As fresh as the call's: nobody has spoken with it.
    const echo = withBaselines ? await attach(docker, containerOptions(ECHO_PROGRAM)) : null;
    await sleep(REFILL_TIME_IN_MS);
    const start = performance.now();
    const { timings } = await call();
    times.call.push(performance.now() - start);
    if (timings.create > 0) throw new Error('The pool was not full: a call had its container started');
    if (echo === null) continue;
    await sleep(REFILL_TIME_IN_MS);
    times.echo.push(await timed(() => echo.ask('x', ECHO_ANSWER_IN_BYTES)));
    await echo.remove();
    times.node.push(await timed(childFork));
    if (python !== null) times.python.push(await python.measure());
    if (original !== null) times.pynisher.push(await original.measure());
  }
  await limited.close();
  python?.close();
  original?.close();
  if (python === null) say('Left out for want of /usr/bin/python3: a fork in Python');
  if (original === null) say('Left out without --pynisher FOLDER: pynisher 0.6.4 itself');

  const p50 = { name: 'warm call, fresh container: p50', value: median(times.call), unit: 'ms' } as const;
  const against = (name: string, values: readonly number[]) => ({ ...p50, against: { name, value: median(values) } });
  return [
    { ...p50, must: { atMost: 5 } },
    { ...p50, name: 'warm call, fresh container: p99', value: percentile(times.call, 0.99), must: { atMost: 20 } },
    ...(original === null ? [] : [{ ...against("pynisher's fork", times.pynisher), must: { atMost: 0.8 } }]),
    { ...against('first echo of a fresh container', times.echo), must: { atMost: 1.5 } },
    ...(python === null ? [] : [against('multiprocessing fork', times.python)]),
    against('child_process.fork', times.node),
  ];
}
