import { attach, ECHO_ANSWER_IN_BYTES, ECHO_PROGRAM } from '../baselines/attached.js';
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
  const echoes = await Promise.all(Array.from({ length: CALLERS }, () => attach(docker, containerOptions(ECHO_PROGRAM))));
  const taken = { nisher: 0, echo: 0 };
  for (let turn = -WARM_UP_TURNS; turn < TURNS; turn++) {
    if (turn === 0) Object.assign(taken, { nisher: 0, echo: 0 });
    const limited = nisher.enforceLimits({ ...LIMITS, context })((a: number, b: number) => a + b);
    const callALot = async (calls: number) => {
      for (let count = 0; count < calls; count++) (await limited.run(1, count)).unwrap();
    };
    await Promise.all(echoes.map(() => callALot(20)));
    taken.nisher += await timed(() => Promise.all(echoes.map(() => callALot(CALLS - 100))));
    await limited.close();
    const echoALot = async (calls: number, { ask }: (typeof echoes)[number]) => {
      for (let count = 0; count < calls; count++) await ask('x', ECHO_ANSWER_IN_BYTES);
    };
    await Promise.all(echoes.map((echo) => echoALot(20, echo)));
    taken.echo += await timed(() => Promise.all(echoes.map((echo) => echoALot(CALLS - 100, echo))));
  }
  await Promise.all(echoes.map((echo) => echo.remove()));
  const perSecond = (milliseconds: number) => (TURNS * CALLERS * (CALLS - 100) * 1000) / milliseconds;
  return [
    {
      name: 'maxTasksPerChild 1000, two containers',
      value: perSecond(taken.nisher),
      unit: 'calls/s',
      against: { name: 'echo on two streams', value: perSecond(taken.echo) },
      must: { atLeast: 0.8 },
    },
  ];
}
