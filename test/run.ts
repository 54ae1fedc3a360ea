/**
 * `tsx test/run.ts [--unit | --engine] [FILE or WORD ...]` runs the test files named, or those whose path contains one of the
 * words, or all. Unit tests need no engine and run two files at a time; engine tests share one engine and run one after another.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findTestFiles, testFile } from './support/find-test-files.js';
import { runTestFiles } from './support/run-test-files.js';
import { addSummaries, conclude } from './support/summary.js';

const { values, positionals } = parseArgs({
  options: { unit: { type: 'boolean' }, engine: { type: 'boolean' } },
  allowPositionals: true,
});
const named = positionals.filter((word) => existsSync(word) && word.endsWith('.ts'));
const words = positionals.filter((word) => !named.includes(word));
const all = words.length > 0 || named.length === 0;
const search = async (kind: 'unit' | 'engine', other: boolean | undefined) =>
  all && !other ? await findTestFiles(kind, words) : [];

const summary = addSummaries([
  await runTestFiles(named.map(testFile), 1),
  await runTestFiles(await search('unit', values.engine), 2),
  await runTestFiles(await search('engine', values.unit), 1),
]);
process.exitCode = conclude(summary);
