/**
 * `npm run soak -- [--calls 1000] [--seed N] [--at-once 4] [--only INDEX]`: calls with random limits and random behaviour. Each outcome is
 * compared with an oracle that knows the behaviour and the limits alone, and with what a clock and the kernel's counters said. Exit code 1
 * on any disagreement, or when something is left over. `--only` repeats one call of a seed.
 */
import { parseArgs } from 'node:util';
import { connect } from '../../src/engine/connect.js';
import { leftovers } from '../support/leftovers.js';
import { checkCall } from './check-call.js';
import { drawCall } from './draw-call.js';
import { holdings } from './growth.js';
import { makeCall } from './make-call.js';
import { formatDisagreement, formatTally, Tally } from './tally.js';
import { startWitness } from './witness.js';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    'at-once': { type: 'string', default: '4' },
    only: { type: 'string' },
  },
});
const [calls, seed, atOnce] = [values.calls, values.seed, values['at-once']].map(Number) as [number, number, number];
const indices = values.only === undefined ? Array.from({ length: calls }, (_, index) => index) : [Number(values.only)];

/** By then everything is loaded that ever is. */
const SETTLED_AFTER = 100;
const PROGRESS_EVERY = 50;

const { endpoint, info } = await connect(null);
console.log(
  `${indices.length} calls, ${atOnce} at once, seed ${seed}, on ${info.flavour} ${info.version}, cgroup v${info.cgroupVersion}`,
);
const witness = endpoint.kind === 'unix' ? await startWitness(endpoint.path) : null;
const tally = new Tally();
let settled = holdings();

const work = async () => {
  for (let index = indices.shift(); index !== undefined; index = indices.shift()) {
    const call = drawCall(seed, index);
    const made = await makeCall(call, witness);
    const judged = checkCall(call, made.outcome, made.elapsedInS, made.seen);
    tally.add(call, made, judged);
    if (judged.problems.length > 0 || values.only !== undefined) console.log(formatDisagreement(seed, call, made, judged));
    if (tally.calls === SETTLED_AFTER) settled = holdings();
    if (tally.calls % PROGRESS_EVERY === 0) console.log(`${tally.calls} calls, ${tally.disagreements} disagreements`);
  }
};
await Promise.all(Array.from({ length: atOnce }, work));
await witness?.[Symbol.asyncDispose]();

const ended = holdings();
const left = await leftovers();
console.log(formatTally(tally));
console.log(`resident memory: ${settled.residentInMb} MB after ${SETTLED_AFTER} calls, ${ended.residentInMb} MB at the end`);
console.log(`open descriptors: ${settled.descriptors}, ${ended.descriptors}`);
console.log(`containers left: ${left.length}${left.map((name) => `\n  ${name}`).join('')}`);
process.exitCode = tally.disagreements > 0 || left.length > 0 ? 1 : 0;
