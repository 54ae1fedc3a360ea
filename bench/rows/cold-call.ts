import { BARE_PROGRAM, bareCall } from '../baselines/bare-call.js';
import { dockerRun, hasDockerCli } from '../baselines/docker-cli.js';
import type { Figure } from '../figure.js';
import { LIMITS, type Setting } from '../setting.js';
import { interleave, median, timed } from '../statistics.js';

const ROUNDS = 20;

/**
 * A call that has its container started, until its value is there.
 * @param besideCli whether `docker run` is measured beside it, where there is the command
 */
export async function measureColdCall(setting: Setting, besideCli = true): Promise<Figure[]> {
  const { nisher, docker, containerOptions, engineUrl, say } = setting;
  const limited = nisher.enforceLimits({ ...LIMITS, context: nisher.getContext('spawn') })((a: number, b: number) => a + b);
  const bareOptions = containerOptions(BARE_PROGRAM);
  const call = async () => {
    const time = await timed(async () => (await limited.run(1, 2)).unwrap());
    // The removal goes on after the value has come: not at the expense of what is measured next.
    await limited.close();
    return time;
  };
  const started: number[] = [];
  const bare = () => timed(async () => started.push(await bareCall(docker, bareOptions)));
  const cli = () => timed(() => dockerRun(engineUrl, bareOptions));
  const withCli = besideCli && (await hasDockerCli());
  if (besideCli && !withCli) say('Left out for want of the docker command: docker run');
  const actions = withCli ? [call, bare, cli] : [call, bare];
  await interleave(2, actions);
  const [calls = [], bares = [], clis = []] = await interleave(ROUNDS, actions);
  const againstBare = { name: 'bare requests to the engine', value: median(bares) };
  return [
    { name: 'cold call: p50', value: median(calls), unit: 'ms', against: againstBare, must: { atMost: 1.1 } },
    ...(withCli ? againstCli(median(calls), median(started), median(clis)) : []),
  ];
}

function againstCli(call: number, started: number, cli: number): Figure[] {
  const against = { name: 'docker run', value: cli };
  return [
    { name: 'cold call: p50', value: call, unit: 'ms', against, must: { atMost: 0.65 } },
    // What of it is the engine's.
    { name: 'create, attach and start alone: p50', value: started, unit: 'ms', against },
  ];
}
