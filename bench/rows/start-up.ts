import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Bench } from 'tinybench';
import type { Figure } from '../figure.js';
import { built, type Setting } from '../setting.js';
import { interleave, median, timed } from '../statistics.js';

const ROUNDS = 20;
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url));

/** What a program pays that only imports the library, or asks the command for its version; and packing an unchanged module again. */
export async function measureStartUp({ nisher: { fromModule } }: Setting): Promise<Figure[]> {
  const node = (...words: string[]) => {
    return () => timed(() => promisify(execFile)(process.execPath, words, { cwd: root }));
  };
  const program = (text: string) => node('--input-type=module', '--eval', text);
  const actions = [program("import 'nisher'"), program(''), node(cli, '--version')];
  await interleave(2, actions);
  const [library = [], bare = [], version = []] = await interleave(ROUNDS, actions);
  return [
    { name: "import 'nisher', over bare node", value: median(library) - median(bare), unit: 'ms', must: { atMost: 25 } },
    { name: 'nisher --version, over bare node', value: median(version) - median(bare), unit: 'ms', must: { atMost: 60 } },
    { name: 'packing an unchanged module again', value: await secondPacking(fromModule), unit: 'ms', must: { atMost: 5 } },
  ];
}

async function secondPacking(fromModule: Setting['nisher']['fromModule']): Promise<number> {
  const { openPacking } = await built<typeof import('../../src/payload/pack.js')>('payload/pack.js');
  const target = () => fromModule(new URL('../../examples/functions/count-primes.ts', import.meta.url), 'countPrimes');
  const pack = () => openPacking(target()).current();
  await pack();
  const [task] = await new Bench({ time: 500 }).add('second packing', async () => void (await pack())).run();
  if (task === undefined || !('latency' in task.result))
    throw new Error(`The packing was not measured: ${JSON.stringify(task?.result)}`);
  return task.result.latency.p50;
}
