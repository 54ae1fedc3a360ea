/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--only NAME] [--path P]`: every property of test/fuzz/properties in turn, for ten minutes in
 * all. `--containers`: instead, containers whose runner is hostile, on an engine, until the time is over; `--path` is the first one's number. A failure is printed with its counterexample and the command that repeats it, and the exit code is 1. What was run, with
 * its seeds, is added to test/fuzz/runs.jsonl, which git ignores.
 */
import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import fc from 'fast-check';
import { all } from './all.js';
import { assertPrototypesAreUntouched, type Fuzzed } from './fuzzed.js';

const log = fileURLToPath(new URL('runs.jsonl', import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    only: { type: 'string' },
    /** Where fast-check says the counterexample is. */
    path: { type: 'string' },
    containers: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const chosen = all.filter(({ name }) => values.only === undefined || values.only === name);
if (!(minutes > 0) || chosen.length === 0) {
  process.stderr.write(
    `Expected --minutes to be a positive number and --only to be one of ${all.map(({ name }) => name).join(', ')}, got \`${values.minutes}\` and \`${values.only}\`\n`,
  );
  process.exit(2);
}

// A promise that nobody waited for belongs to whatever ran then.
let unhandled: unknown = null;
process.on('unhandledRejection', (reason) => {
  unhandled ??= reason;
});

/** Far more than the longest takes on a busy machine. */
const LONGEST_RUN_IN_MS = 30_000;
let failures = 0;
if (values.containers) await fuzzContainers(Number(values.seed ?? randomInt(2 ** 31)));
else for (const fuzzed of chosen) await fuzz(fuzzed, Number(values.seed ?? randomInt(2 ** 31)));
process.stdout.write(`${(values.containers ? 1 : chosen.length) - failures} passed, ${failures} failed\n`);
process.exit(failures > 0 ? 1 : 0);

/** Again and again, as often as in the quick test, each time with the next seed: cut off in its middle, a run that hangs would pass. */
async function fuzz({ name, property, quickRuns }: Fuzzed, firstSeed: number): Promise<void> {
  const since = performance.now();
  const deadline = since + (minutes * 60_000) / chosen.length;
  const place = values.path === undefined ? { numRuns: quickRuns } : { path: values.path, endOnFailure: true };
  let seed = firstSeed - 1;
  let runs = 0;
  let found: fc.RunDetails<unknown>;
  let problem: unknown;
  do {
    seed++;
    found = await fc.check(property, { ...place, seed, timeout: LONGEST_RUN_IN_MS });
    runs += found.numRuns;
    await new Promise(setImmediate);
    problem = found.failed ? (found.errorInstance ?? new Error('It failed without an error')) : (unhandled ?? pollution());
    unhandled = null;
  } while (problem === null && values.path === undefined && performance.now() < deadline);
  const seconds = Math.round(performance.now() - since) / 1000;
  const entry = { at: new Date().toISOString(), name, seeds: [firstSeed, seed], runs, seconds, failed: problem !== null };
  appendFileSync(log, `${JSON.stringify({ ...entry, path: found.counterexamplePath })}\n`);
  process.stdout.write(
    `${problem === null ? '✔' : '✘'} ${name}: ${runs} runs in ${seconds} s, seeds ${firstSeed} to ${seed}\n`,
  );
  if (problem === null) return;
  failures++;
  process.stdout.write(`${inspect(problem)}\nCounterexample: ${fc.stringify(found.counterexample)}\n`);
  const where = found.counterexamplePath === null ? '' : ` --path ${found.counterexamplePath}`;
  process.stdout.write(`Again: npm run fuzz -- --only ${name} --seed ${seed}${where}\n`);
}

/** Twenty at a time, each time of the next seed. */
async function fuzzContainers(firstSeed: number): Promise<void> {
  const { runSample } = await import('./containers/sample.js');
  const { removeHostileImages } = await import('./containers/image.js');
  const deadline = performance.now() + minutes * 60_000;
  let seed = firstSeed;
  let problems: string[] = [];
  for (; performance.now() < deadline && problems.length === 0; seed++) {
    const since = performance.now();
    problems = values.path === undefined ? await runSample(seed, 20) : await runSample(seed, 1, Number(values.path));
    const seconds = Math.round(performance.now() - since) / 1000;
    const entry = { at: new Date().toISOString(), name: 'containers', seed, runs: 20, seconds, failed: problems.length > 0 };
    appendFileSync(log, `${JSON.stringify(entry)}\n`);
    process.stdout.write(`${problems.length === 0 ? '✔' : '✘'} containers: 20 in ${seconds} s, seed ${seed}\n`);
    if (values.path !== undefined) break;
  }
  await removeHostileImages();
  if (problems.length === 0) return;
  failures++;
  process.stdout.write(`${problems.join('\n')}\n`);
}

/** What the property has done to the language, if anything. */
function pollution(): unknown {
  try {
    assertPrototypesAreUntouched();
    return null;
  } catch (error) {
    return error;
  }
}
