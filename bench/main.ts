/**
 * `npm run bench`: every figure that the docs promise, each beside a baseline that is measured in the same run, on the built package and
 * a real engine. Prints a table, writes bench/results/latest.json and the picture of docs/performance.md. Exit code 1 when a bound is
 * missed. The machine should be idle otherwise.
 *
 * `--only WORD`: rows with that word in their name. `--pynisher FOLDER`: a checkout of pynisher 0.6.4, to be measured beside.
 * `--markdown`: the table as docs/performance.md has it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { setupEngine } from '../scripts/setup-engine.js';
import { type Figure, isReached } from './figure.js';
import { type Bar, drawBars } from './report/svg.js';
import { formatMarkdown, formatTable } from './report/table.js';
import { measureColdCall } from './rows/cold-call.js';
import { measureEndurance } from './rows/endurance.js';
import { measureIdlePool } from './rows/idle-pool.js';
import { measureLargeData } from './rows/large-data.js';
import { measureOvershoot } from './rows/overshoot.js';
import { measurePeakMemory } from './rows/peak-memory.js';
import { measureSharedContainers } from './rows/shared-container.js';
import { measureStartUp } from './rows/start-up.js';
import { measureThroughput } from './rows/throughput.js';
import { measureWarmCall } from './rows/warm-call.js';
import { openSetting, type Setting } from './setting.js';

const rows: Record<string, (setting: Setting) => Promise<Figure[]>> = {
  'warm call': measureWarmCall,
  'cold call': measureColdCall,
  throughput: measureThroughput,
  'shared container': measureSharedContainers,
  'large data': measureLargeData,
  overshoot: measureOvershoot,
  'peak memory': measurePeakMemory,
  'idle pool': measureIdlePool,
  'start-up': measureStartUp,
  // Last: it leaves the most for V8 to tidy up.
  endurance: measureEndurance,
};

const { values } = parseArgs({
  options: { only: { type: 'string' }, pynisher: { type: 'string' }, markdown: { type: 'boolean' } },
});
const chosen = Object.entries(rows).filter(([name]) => name.includes(values.only ?? ''));
if (chosen.length === 0) {
  process.stderr.write(`No row has \`${values.only}\` in its name; there are ${Object.keys(rows).join(', ')}\n`);
  process.exit(2);
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const start = performance.now();
const engine = await setupEngine(say);
const setting = await openSetting(values.pynisher ?? null, say);
const figures: Figure[] = [];
for (const [name, measure] of chosen) {
  const since = performance.now();
  const measured = await measure(setting).catch((error: Error): Figure[] => {
    say(`\n${error.stack}`);
    return [{ name: `${name} could not be measured`, value: Number.NaN, unit: '', must: { atMost: 0 } }];
  });
  figures.push(...measured);
  say(`\n${name} (${((performance.now() - since) / 1000).toFixed(1)} s)\n${formatTable(measured)}`);
}
process.stdout.write(`\n${values.markdown ? formatMarkdown(figures) : formatTable(figures)}\n`);
say(`\n${((performance.now() - start) / 1000).toFixed(0)} s in all`);
if (values.only === undefined) await record();
if (engine.started) say(`The engine at ${engine.endpoint} goes on running: \`npm run nisher engine stop\` ends it`);
process.exitCode = figures.every(isReached) ? 0 : 1;

async function record(): Promise<void> {
  const { Version, Components } = await setting.docker.version();
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    engine: Version,
    runtime: Components?.find(({ Name }) => Name === 'runc')?.Version ?? 'unknown',
  };
  const results = new URL('./results/', import.meta.url);
  await mkdir(results, { recursive: true });
  await writeFile(new URL('latest.json', results), `${JSON.stringify({ machine, figures }, null, 2)}\n`);
  await writeFile(
    new URL('../docs/performance.svg', import.meta.url),
    drawBars('One call of a trivial function, median', bars()),
  );
}

/** Each latency once, the quickest first. */
function bars(): Bar[] {
  const measured = new Map<string, Bar>();
  for (const { name, value, unit, against } of figures) {
    if (unit !== 'ms' || against === undefined) continue;
    measured.set(name, { name: name.replace(/:.*/, ''), milliseconds: value, ours: true });
    measured.set(against.name, { name: against.name, milliseconds: against.value, ours: false });
  }
  return [...measured.values()].sort((a, b) => a.milliseconds - b.milliseconds);
}
