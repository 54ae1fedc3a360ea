/**
 * `npm run bench`: every figure that the docs promise, each beside a baseline that is measured in the same run, on the built package and
 * a real engine. Prints a table, writes bench/results/latest.json and the picture of docs/performance.md. Exit code 1 when a bound is
 * missed. The machine should be idle otherwise.
 *
 * `--only WORD`: rows with that word in their name. `--pynisher FOLDER`: a checkout of pynisher 0.6.4, to be measured beside.
 * `--markdown`: the table as docs/performance.md has it.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.js';
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
import { type Row, runRows } from './run-rows.js';

const rows: Record<string, Row> = {
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

const isWhole = values.only === undefined;
const figures = await runRows(Object.fromEntries(chosen), {
  pynisher: values.pynisher ?? null,
  resultsFile: isWhole ? 'latest.json' : null,
  format: values.markdown ? formatMarkdown : formatTable,
});
if (isWhole) {
  const picture = drawBars('One call of a trivial function, median', bars(figures));
  await writeFile(new URL('../docs/performance.svg', import.meta.url), picture);
}

/** Each latency once, the quickest first. */
function bars(figures: readonly Figure[]): Bar[] {
  const measured = new Map<string, Bar>();
  for (const { name, value, unit, against } of figures) {
    if (unit !== 'ms' || against === undefined) continue;
    measured.set(name, { name: name.replace(/:.*/, ''), milliseconds: value, ours: true });
    measured.set(against.name, { name: against.name, milliseconds: against.value, ours: false });
  }
  return [...measured.values()].sort((a, b) => a.milliseconds - b.milliseconds);
}
