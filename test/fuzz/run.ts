/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--only NAME] [--path P]`: every property of test/fuzz/properties in turn, for ten minutes in
 * all, each in a program of its own, which is ended, and has failed, when it hangs. `--containers`: instead, containers whose runner is hostile,
 * on an engine, until the time is over; `--path` is the first one's number. A failure is printed with its counterexample and the command
 * that repeats it, and the exit code is 1. What was run, with its seeds, is added to test/fuzz/runs.jsonl, which git ignores.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { all } from './all.js';
import type { Fuzzed } from './fuzzed.js';
import { logRun } from './log-run.js';
import { supervise } from './supervise.js';

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

/** All runs with one seed take some seconds. */
const LONGEST_SEED_IN_MS = 180_000;
let failures = 0;
if (values.containers) await fuzzContainers(Number(values.seed ?? randomInt(2 ** 31)));
else for (const { name } of chosen) await fuzz(name, Number(values.seed ?? randomInt(2 ** 31)));
process.stdout.write(`${(values.containers ? 1 : chosen.length) - failures} passed, ${failures} failed\n`);
process.exit(failures > 0 ? 1 : 0);

async function fuzz(name: Fuzzed['name'], seed: number): Promise<void> {
  const seconds = (minutes * 60) / chosen.length;
  const args = [name, String(seconds), String(seed), ...(values.path === undefined ? [] : [values.path])];
  const { exitCode, stuckAt } = await supervise(new URL('run-property.ts', import.meta.url), args, LONGEST_SEED_IN_MS);
  if (exitCode === 0) return;
  failures++;
  // It says by itself what it has found.
  if (exitCode === 1) return;
  const how = stuckAt === null ? 'crashed' : `was not done with seed ${stuckAt} after ${LONGEST_SEED_IN_MS / 1000} s`;
  logRun({ name, seeds: [seed, stuckAt], failed: true, how });
  process.stdout.write(`✘ ${name} ${how}\nAgain: npm run fuzz -- --only ${name} --seed ${stuckAt ?? seed}\n`);
}

/** Twenty at a time, each time of the next seed. */
async function fuzzContainers(firstSeed: number): Promise<void> {
  const { runSample } = await import('./containers/sample.js');
  const { removeHostileImages } = await import('./containers/image.js');
  const { setupEngine } = await import('../../scripts/setup-engine.js');
  await setupEngine(console.log);
  const deadline = performance.now() + minutes * 60_000;
  let seed = firstSeed;
  let problems: string[] = [];
  for (; performance.now() < deadline && problems.length === 0; seed++) {
    const since = performance.now();
    problems = values.path === undefined ? await runSample(seed, 20) : await runSample(seed, 1, Number(values.path));
    const seconds = Math.round(performance.now() - since) / 1000;
    logRun({ name: 'containers', seed, runs: 20, seconds, failed: problems.length > 0 });
    process.stdout.write(`${problems.length === 0 ? '✔' : '✘'} containers: 20 in ${seconds} s, seed ${seed}\n`);
    if (values.path !== undefined) break;
  }
  await removeHostileImages();
  if (problems.length === 0) return;
  failures++;
  process.stdout.write(`${problems.join('\n')}\n`);
}
