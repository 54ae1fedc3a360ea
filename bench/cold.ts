/**
 * `npm run bench:cold`: what a cold call costs over the bare requests to the engine, what importing the library costs over node
 * itself, and what packing an unchanged module a second time costs. Everything is measured on the built package, in one run.
 * Exit code 1 when a bound is missed.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Bench } from 'tinybench';
import { setupEngine } from '../scripts/setup-engine.js';
import { bareCall, containerOptionsOf } from './bare-call.js';
import { interleave, median } from './median.js';

const bounds = { callOverBare: 1.15, importInMs: 25, secondPackInMs: 5 };
const rounds = { warmUp: 3, calls: 30, imports: 25 };

const root = fileURLToPath(new URL('..', import.meta.url));
// By computed names: the compiler would look for the built files, and tsx take the sources instead.
const built = <M>(path: string) => import(new URL(`../dist/src/${path}`, import.meta.url).href) as Promise<M>;
const { enforceLimits, fromModule, getContext } = await built<typeof import('../src/index.js')>('index.js');
const { pack } = await built<typeof import('../src/payload/pack.js')>('payload/pack.js');
const { connect } = await built<typeof import('../src/engine/connect.js')>('engine/connect.js');
const { formatOwner, thisOwner } = await built<typeof import('../src/engine/owner.js')>('engine/owner.js');

const say = (line: string) => process.stdout.write(`${line}\n`);
const engine = await setupEngine(say);
const { docker, info } = await connect(null);

const calls = await measureCalls();
const imports = await measureImports();
const secondPackInMs = await measureSecondPack();
const results = {
  engine: info.version,
  node: process.version,
  callInMs: calls.call,
  bareInMs: calls.bare,
  callOverBare: calls.call / calls.bare,
  nodeInMs: imports.bare,
  importInMs: imports.library - imports.bare,
  secondPackInMs,
};
await mkdir(new URL('./results/', import.meta.url), { recursive: true });
await writeFile(new URL('./results/cold.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);

const verdict = (name: keyof typeof bounds) => `${results[name] <= bounds[name] ? '✔' : '✘'} at most ${bounds[name]}`;
say(`'spawn' call of a trivial function   ${results.callInMs.toFixed(1)} ms (median of ${rounds.calls})`);
say(`bare requests to the engine          ${results.bareInMs.toFixed(1)} ms (median of ${rounds.calls})`);
say(`ratio                                ${results.callOverBare.toFixed(3)}  ${verdict('callOverBare')}`);
say(
  `import 'nisher' over bare node       ${results.importInMs.toFixed(1)} ms  ${verdict('importInMs')} (node: ${imports.bare.toFixed(1)} ms)`,
);
say(`packing an unchanged module again    ${results.secondPackInMs.toFixed(3)} ms  ${verdict('secondPackInMs')}`);
if (engine.started) say(`The engine at ${engine.endpoint} goes on running: \`npm run nisher engine stop\` ends it`);
const missed = (Object.keys(bounds) as (keyof typeof bounds)[]).some((name) => !(results[name] <= bounds[name]));
process.exitCode = missed ? 1 : 0;

async function measureCalls(): Promise<{ call: number; bare: number }> {
  const limits = { memInMb: 256, cpuTimeInS: 10, wallTimeInS: 10, numProcesses: 10, context: getContext('spawn') };
  const limited = enforceLimits(limits)((a: number, b: number) => a + b);
  const sleeping = enforceLimits(limits)(() => new Promise((resolve) => setTimeout(resolve, 500)));
  const options = await containerOptionsOf(docker, formatOwner(thisOwner()), sleeping());

  const call = async () => {
    const outcome = await limited.run(1, 2);
    if (outcome.unwrap() !== 3) throw new Error(`Expected 3, got ${outcome.result}`);
  };
  const bare = () => bareCall(docker, options);
  await interleave(rounds.warmUp, [call, bare]);
  const [callTimes = [], bareTimes = []] = await interleave(rounds.calls, [call, bare]);
  return { call: median(callTimes), bare: median(bareTimes) };
}

async function measureImports(): Promise<{ library: number; bare: number }> {
  const node = (program: string) => async () => {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
  };
  const actions = [node("import 'nisher'"), node('')];
  await interleave(rounds.warmUp, actions);
  const [library = [], bare = []] = await interleave(rounds.imports, actions);
  return { library: median(library), bare: median(bare) };
}

async function measureSecondPack(): Promise<number> {
  const reference = () => fromModule(new URL('../examples/functions/count-primes.ts', import.meta.url), 'countPrimes');
  await pack(reference());
  const bench = new Bench({ time: 500 }).add('second packing', async () => {
    await pack(reference());
  });
  const [task] = await bench.run();
  if (task === undefined || !('latency' in task.result))
    throw new Error(`The packing was not measured: ${JSON.stringify(task?.result)}`);
  return task.result.latency.p50;
}
