/** `run-property.ts NAME SECONDS SEED [PATH]`: one property, for run.ts, which is told of each seed before it is run. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { all } from './all.js';
import { assertHostIsUntouched } from './fuzzed.js';
import { logRun } from './log-run.js';

const [name = '', seconds = '', firstSeed = '', path] = process.argv.slice(2);
const fuzzed = all.find((one) => one.name === name);
if (fuzzed === undefined) throw new Error(`No property ${name}`);
const { property, quickRuns } = fuzzed;

// A promise that nobody waited for belongs to whatever ran then.
let unhandled: unknown = null;
process.on('unhandledRejection', (reason) => {
  unhandled ??= reason;
});

/** Far more than the longest takes on a busy machine. Only a property that waits can be cut off so; run.ts ends one that loops. */
const LONGEST_RUN_IN_MS = 30_000;

/** Again and again, as often as in the quick test, each time with the next seed: cut off in its middle, a run that hangs would pass. */
const since = performance.now();
const deadline = since + Number(seconds) * 1000;
const place = path === undefined ? { numRuns: quickRuns } : { path, endOnFailure: true };
let seed = Number(firstSeed) - 1;
let runs = 0;
let found: fc.RunDetails<unknown>;
let problem: unknown;
do {
  seed++;
  process.send?.(String(seed));
  found = await fc.check(property, { ...place, seed, timeout: LONGEST_RUN_IN_MS });
  runs += found.numRuns;
  await new Promise(setImmediate);
  problem = found.failed ? (found.errorInstance ?? new Error('It failed without an error')) : (unhandled ?? pollution());
  unhandled = null;
} while (problem === null && path === undefined && performance.now() < deadline);

const took = Math.round(performance.now() - since) / 1000;
const counterexample = found.counterexamplePath;
logRun({ name, seeds: [Number(firstSeed), seed], runs, seconds: took, failed: problem !== null, path: counterexample });
process.stdout.write(`${problem === null ? '✔' : '✘'} ${name}: ${runs} runs in ${took} s, seeds ${firstSeed} to ${seed}\n`);
if (problem !== null) {
  process.stdout.write(`${inspect(problem)}\nCounterexample: ${fc.stringify(found.counterexample)}\n`);
  const where = counterexample === null ? '' : ` --path ${counterexample}`;
  process.stdout.write(`Again: npm run fuzz -- --only ${name} --seed ${seed}${where}\n`);
}
process.exit(problem === null ? 0 : 1);

/** What the property has done to the language, if anything. */
function pollution(): unknown {
  try {
    assertHostIsUntouched();
    return null;
  } catch (error) {
    return error;
  }
}
