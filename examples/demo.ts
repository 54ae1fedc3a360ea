/** `npm run demo`: the seed's two examples, then one function per limit, each call in a container of its own, and a table of the outcomes. */
import type { Logger, Outcome } from 'nisher';
import { setupEngine } from '../scripts/setup-engine.js';
import { formatTable } from '../src/cli/format-table.js';
import { type Demonstration, demonstrations } from './demonstrations.js';
import { basicUsage, whatHappened } from './seed.js';

const startedAt = performance.now();
const say = (line: string) => process.stdout.write(`${line}\n`);
// Building the image, the one thing that takes a while, is told on this level.
const logger: Logger = { debug: () => {}, info: say, warn: say, error: say };

const engine = await setupEngine(say);

const [first, ...others] = demonstrations as [Demonstration, ...Demonstration[]];
// Alone, because it may have to build the image, and says so.
const outcomes = [await demonstrate(first)];

// The seed's examples sleep most of the time: the other functions run meanwhile, and what these print is kept until it is their turn.
const seedLines: string[] = [];
let saySeed = (line: string): unknown => seedLines.push(line);
const seed = Promise.all([
  basicUsage((...values) => saySeed(`first:   ${values.map(show).join(' ')}`)),
  whatHappened((...values) => saySeed(`second:  ${values.map(show).join(' ')}`)),
]);
for (const demonstration of others) outcomes.push(await demonstrate(demonstration));

say('\nThe two examples of pynisher: sleep 0, 1, 2, 3 and 4 seconds under wallTimeInS: 2');
for (const line of seedLines) say(line);
saySeed = say;
await seed;

say('');
const header = ['limit', 'what the function did', 'result', 'exitStatus', 'exit code', 'wall s', 'CPU s', 'peak MB'];
say(formatTable([header, ...outcomes.map(({ demonstration, outcome }) => row(demonstration, outcome))]));

const unexpected = outcomes.filter(({ demonstration, outcome }) => outcome.exitStatus !== demonstration.expected);
for (const { demonstration, outcome } of unexpected) {
  say(
    `✘ ${demonstration.limit}: expected ${demonstration.expected}, got ${outcome.exitStatus}: ${outcome.error?.message ?? ''}`,
  );
}
say(`\n${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
if (engine.started) say(`The engine at ${engine.endpoint} goes on running: \`npm run nisher engine stop\` ends it`);
process.exitCode = unexpected.length > 0 ? 1 : 0;

async function demonstrate(demonstration: Demonstration): Promise<{ demonstration: Demonstration; outcome: Outcome }> {
  const outcome = await demonstration.run(logger);
  say(`${demonstration.limit}: ${demonstration.does}: ${outcome.exitStatus}`);
  return { demonstration, outcome };
}

function row({ limit, does }: Demonstration, outcome: Outcome): string[] {
  return [
    limit,
    does,
    show(outcome.result),
    String(outcome.exitStatus) + (outcome.osErrno === null ? '' : ` (errno ${outcome.osErrno})`),
    String(outcome.exitCode),
    outcome.wallClockTime.toFixed(2),
    outcome.cpuTime.toFixed(2),
    (outcome.peakMemory / 2 ** 20).toFixed(0),
  ];
}

function show(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : JSON.stringify(value);
}
