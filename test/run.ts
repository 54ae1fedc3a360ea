/**
 * `tsx test/run.ts [--unit | --engine | --adversarial | --faults | --packages] [FILE or WORD ...]` runs the test files named, or those whose path contains one
 * of the words, or all. Unit tests need no engine and run two files at a time; the others share one engine, which is started where there
 * is none, and run one after another.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setupEngine } from '../scripts/setup-engine.js';
import { findTestFiles, needsEngine, type TestKind, testFile } from './support/find-test-files.js';
import { runTestFiles } from './support/run-test-files.js';
import { addSummaries, conclude } from './support/summary.js';

const { values, positionals } = parseArgs({
  options: {
    unit: { type: 'boolean' },
    engine: { type: 'boolean' },
    adversarial: { type: 'boolean' },
    faults: { type: 'boolean' },
    packages: { type: 'boolean' },
  },
  allowPositionals: true,
});
const named = positionals.filter((word) => existsSync(word) && word.endsWith('.ts'));
const words = positionals.filter((word) => !named.includes(word));
const all = words.length > 0 || named.length === 0;
const anyKind = !Object.values(values).includes(true);
const search = async (kind: TestKind) => (all && (anyKind || values[kind]) ? await findTestFiles(kind, words) : []);

const unit = await search('unit');
const onEngine = [
  ...(await search('engine')),
  ...(await search('adversarial')),
  ...(await search('faults')),
  ...(await search('packages')),
];
const theNamed = named.map(testFile);
if ([...theNamed, ...onEngine].some((file) => needsEngine(file.path))) await setupEngine(console.log);

const summary = addSummaries([await runTestFiles(theNamed, 1), await runTestFiles(unit, 2), await runTestFiles(onEngine, 1)]);
process.exitCode = conclude(summary);
