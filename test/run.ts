/**
 * `tsx test/run.ts [--unit | --engine | --adversarial | --faults] [FILE or WORD ...]` runs the test files named, or those whose path contains one
 * of the words, or all. Unit tests need no engine and run two files at a time; the others share one engine and run one after another.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findTestFiles, type TestKind, testFile } from './support/find-test-files.js';
import { runTestFiles } from './support/run-test-files.js';
import { addSummaries, conclude } from './support/summary.js';

const { values, positionals } = parseArgs({
  options: {
    unit: { type: 'boolean' },
    engine: { type: 'boolean' },
    adversarial: { type: 'boolean' },
    faults: { type: 'boolean' },
  },
  allowPositionals: true,
});
const named = positionals.filter((word) => existsSync(word) && word.endsWith('.ts'));
const words = positionals.filter((word) => !named.includes(word));
const all = words.length > 0 || named.length === 0;
const anyKind = !Object.values(values).includes(true);
const search = async (kind: TestKind) => (all && (anyKind || values[kind]) ? await findTestFiles(kind, words) : []);

const summary = addSummaries([
  await runTestFiles(named.map(testFile), 1),
  await runTestFiles(await search('unit'), 2),
  await runTestFiles(await search('engine'), 1),
  await runTestFiles(await search('adversarial'), 1),
  await runTestFiles(await search('faults'), 1),
]);
process.exitCode = conclude(summary);
