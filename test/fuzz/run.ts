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

let failures = 0;
if (values.containers) await fuzzContainers(Number(values.seed ?? randomInt(2 ** 31)));
else for (const fuzzed of chosen) await fuzz(fuzzed, Number(values.seed ?? randomInt(2 ** 31)));
process.stdout.write(`${(values.containers ? 1 : chosen.length) - failures} passed, ${failures} failed\n`);
process.exit(failures > 0 ? 1 : 0);

async function fuzz({ name, property }: Fuzzed, seed: number): Promise<void> {
  const since = performance.now();
  const found = await fc.check(property, {
    seed,
    ...(values.path === undefined
      ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: (minutes * 60_000) / chosen.length }
      : { path: values.path, endOnFailure: true }),
  });
  await new Promise(setImmediate);
  const problem = found.failed ? found.errorInstance : (unhandled ?? pollution());
  unhandled = null;
  const seconds = Math.round(performance.now() - since) / 1000;
  const entry = { at: new Date().toISOString(), name, seed, runs: found.numRuns, seconds, failed: problem !== null };
  appendFileSync(log, `${JSON.stringify({ ...entry, path: found.counterexamplePath })}\n`);
  process.stdout.write(`${problem === null ? '✔' : '✘'} ${name}: ${found.numRuns} runs in ${seconds} s, seed ${seed}\n`);
  if (problem === null) return;
  failures++;
  process.stdout.write(`${inspect(problem)}\nCounterexample: ${fc.stringify(found.counterexample)}\n`);
  const place = found.counterexamplePath === null ? '' : ` --path ${found.counterexamplePath}`;
  process.stdout.write(`Again: npm run fuzz -- --only ${name} --seed ${seed}${place}\n`);
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
