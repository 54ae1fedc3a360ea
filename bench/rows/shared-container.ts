import {
  type Attached,
  attach,
  ECHO_ANSWER_IN_BYTES,
  ECHO_PROGRAM,
  lettersIn,
  THREE_ANSWERS_PROGRAM,
} from '../baselines/attached.js';
import { meterOf } from '../cgroups.js';
import type { Figure } from '../figure.js';
import { LIMITS, type Setting } from '../setting.js';
import { timed } from '../statistics.js';

const CALLERS = 2;
const CALLS = 1000;
/** Each is measured so often, in turns; before that, until V8 has compiled what the host does for a call. */
const TURNS = 3;
const WARM_UP_TURNS = 3;

/** Calls a second of a trusted function on two containers that each serve a thousand calls. */
export async function measureSharedContainers({ nisher, docker, containerOptions }: Setting): Promise<Figure[]> {
  const context = nisher.getContext('forkserver', { maxTasksPerChild: 1000, maxConcurrency: CALLERS });
  const start = (program: string) =>
    Promise.all(Array.from({ length: CALLERS }, () => attach(docker, containerOptions(program))));
  const echoes = await start(ECHO_PROGRAM);
  const threeAnswers = await start(THREE_ANSWERS_PROGRAM);
  const meters = new Map(await Promise.all(threeAnswers.map(async (one) => [one, await meterOf(docker, one.id)] as const)));
  const taken = { nisher: 0, echo: 0, threeAnswers: 0, measured: 0 };
  for (let turn = -WARM_UP_TURNS; turn < TURNS; turn++) {
    if (turn === 0) Object.assign(taken, { nisher: 0, echo: 0, threeAnswers: 0, measured: 0 });
    const limited = nisher.enforceLimits({ ...LIMITS, context })((a: number, b: number) => a + b);
    const callALot = async (calls: number) => {
      for (let count = 0; count < calls; count++) (await limited.run(1, count)).unwrap();
    };
    await Promise.all(echoes.map(() => callALot(20)));
    taken.nisher += await timed(() => Promise.all(echoes.map(() => callALot(CALLS - 100))));
    await limited.close();
    const timeOf = async (attached: readonly Attached[], ask: (one: Attached) => Promise<void>) => {
      const askALot = async (one: Attached, calls: number) => {
        for (let count = 0; count < calls; count++) await ask(one);
      };
      await Promise.all(attached.map((one) => askALot(one, 20)));
      return await timed(() => Promise.all(attached.map((one) => askALot(one, CALLS - 100))));
    };
    taken.echo += await timeOf(echoes, ({ ask }) => ask('x', ECHO_ANSWER_IN_BYTES));
    taken.threeAnswers += await timeOf(threeAnswers, ({ ask }) => ask('x', 3, lettersIn));
    taken.measured += await timeOf(threeAnswers, async (one) => {
      const meter = meters.get(one);
      meter?.read();
      meter?.resetPeak();
      await one.ask('x', 3, lettersIn);
      meter?.read();
    });
  }
  for (const meter of meters.values()) meter.close();
  await Promise.all([...echoes, ...threeAnswers].map((one) => one.remove()));
  const perSecond = (milliseconds: number) => (TURNS * CALLERS * (CALLS - 100) * 1000) / milliseconds;
  const calls = { name: 'maxTasksPerChild 1000, two containers', value: perSecond(taken.nisher), unit: 'calls/s' } as const;
  const echo = { name: 'echo on two streams', value: perSecond(taken.echo) };
  const three = { name: "as many answers as a call's, on two streams", value: perSecond(taken.threeAnswers) };
  const measured = { name: "as many answers and readings of usage as a call's", value: perSecond(taken.measured) };
  return [
    { ...calls, against: echo, must: { atLeast: 0.8 } },
    { ...calls, against: three },
    { name: three.name, value: three.value, unit: 'calls/s', against: echo },
    { name: measured.name, value: measured.value, unit: 'calls/s', against: echo },
  ];
}
