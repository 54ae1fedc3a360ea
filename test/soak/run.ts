/**
 * `npm run soak -- [--calls 1000] [--seed N] [--at-once 4] [--only INDEX] [--self-check]`: calls with random limits and random behaviour.
 * Each outcome is compared with an oracle that knows the behaviour and the limits alone, and with what clocks and the kernel's counters
 * said. Exit code 1 on any disagreement, when the kernel's counters were not seen, when too many calls had more than one right answer, or
 * when this program has grown or something is left over. `--only` repeats one call of a seed; `--self-check` makes each outcome that
 * agrees wrong in many ways as well, each of which must be a disagreement. What was run, with its seed and counts, is added to
 * test/soak/runs.jsonl, which git ignores.
 */
import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setupEngine } from '../../scripts/setup-engine.js';
import { connect } from '../../src/engine/connect.js';
import { leftovers } from '../support/leftovers.js';
import { checkCall } from './check-call.js';
import { drawCall } from './draw-call.js';
import { growthProblems, holdings } from './growth.js';
import { makeCall } from './make-call.js';
import { formatNoticed, type Noticed, tryMutations } from './mutations.js';
import { formatDisagreement, formatTally, Tally } from './tally.js';
import { startWitness } from './witness.js';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    'at-once': { type: 'string', default: '4' },
    only: { type: 'string' },
    'self-check': { type: 'boolean', default: false },
  },
});
const [calls, seed, atOnce] = [values.calls, values.seed, values['at-once']].map(Number) as [number, number, number];
const indices = values.only === undefined ? Array.from({ length: calls }, (_, index) => index) : [Number(values.only)];

/** By then everything is loaded that ever is. */
const SETTLED_AFTER = 100;
const PROGRESS_EVERY = 50;

await setupEngine(console.log);
const { endpoint, info } = await connect(null);
const on = `${info.flavour} ${info.version}, cgroup v${info.cgroupVersion}`;
console.log(`${indices.length} calls, ${atOnce} at once, seed ${seed}, on ${on}`);
if (endpoint.kind !== 'unix')
  throw new Error("The soak needs an engine of this machine: it reads the kernel's counters itself");
const startedAt = new Date();
const witness = await startWitness(endpoint.path);
const tally = new Tally();
const noticed: Noticed = new Map();
let missed = 0;

const judge = async (index: number) => {
  const call = drawCall(seed, index);
  const made = await makeCall(call, witness);
  const judged = checkCall(call, made);
  tally.add(call, made, judged);
  if (judged.problems.length > 0 || values.only !== undefined) console.log(formatDisagreement(seed, call, made, judged));
  if (values['self-check'] && judged.problems.length === 0) {
    const unnoticed = tryMutations(call, made, judged, noticed);
    missed += unnoticed.length;
    for (const name of unnoticed) console.log(`Not noticed in --seed ${seed} --only ${index}: ${name}`);
  }
  if (tally.calls % PROGRESS_EVERY === 0) console.log(`${tally.calls} calls, ${tally.disagreements} disagreements`);
};
/** Some at once, until all are done: nothing of a call is held then. */
const judgeAll = async (some: number[]) => {
  const work = async () => {
    for (let index = some.shift(); index !== undefined; index = some.shift()) await judge(index);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
};
await judgeAll(indices.splice(0, Math.min(SETTLED_AFTER, Math.floor(indices.length / 2))));
const settled = await holdings();
await judgeAll(indices);
const ended = await holdings();
await witness[Symbol.asyncDispose]();

const left = await leftovers();
const problems = [
  ...(tally.disagreements > 0 ? [`${tally.disagreements} disagreements`] : []),
  ...(missed > 0 ? [`${missed} wrong outcomes were not noticed`] : []),
  ...tally.problems,
  ...(values.only === undefined ? growthProblems(settled, ended) : []),
  ...left.map((name) => `left over: ${name}`),
];
console.log(formatTally(tally));
if (values['self-check']) console.log(formatNoticed(noticed));
console.log(`held after garbage collection: ${settled.heldInMb} MB when settled, ${ended.heldInMb} MB at the end`);
console.log(
  `resident: ${settled.residentInMb} MB, ${ended.residentInMb} MB; open descriptors: ${settled.descriptors}, ${ended.descriptors}`,
);
console.log(`containers left: ${left.length}`);
const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
console.log(
  `${tally.calls} calls in ${seconds} s, seed ${seed}, ${tally.disagreements} disagreements, ${tally.raced} with two right answers`,
);
for (const problem of problems) console.log(`✘ ${problem}`);
const entry = {
  at: startedAt.toISOString(),
  seed,
  ...(values.only !== undefined && { only: Number(values.only) }),
  calls: tally.calls,
  atOnce,
  on,
  seconds,
  disagreements: tally.disagreements,
  races: tally.raced,
  seen: `${tally.seen}/${tally.withContainer}`,
  statuses: Object.fromEntries(tally.byStatus),
  families: Object.fromEntries(tally.byFamily),
  settled,
  ended,
  problems,
};
appendFileSync(fileURLToPath(new URL('runs.jsonl', import.meta.url)), `${JSON.stringify(entry)}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
