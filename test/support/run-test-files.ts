import { runTestFile, type TestFile } from './run-test-file.js';
import { addSummaries, closingLine, type Summary } from './summary.js';

// uvu's own count, which knows nothing of hooks and of tests that never ran.
const uvuTotals = /\n+ {2}Total: .*\n {2}Passed: .*\n {2}Skipped: .*\n {2}Duration: .*\n+/;

// Without a handler a signal skips the 'exit' event, at which the files' own process groups are killed.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

/** Runs test files, so many at a time, and prints what each wrote as one block when it has ended. */
export async function runTestFiles(files: readonly TestFile[], atATime: number): Promise<Summary> {
  const waiting = [...files];
  const summaries: Summary[] = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { summary, output, durationInS } = await runTestFile(file);
      summaries.push(summary);
      process.stdout.write(`\n── ${file.path}: ${closingLine(summary)} in ${durationInS.toFixed(1)} s\n`);
      process.stdout.write(`${output.replace(uvuTotals, '\n').trim()}\n`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return addSummaries(summaries);
}
