/** What came of a number of tests. */
export interface Summary {
  passed: number;
  skipped: number;
  failed: Failure[];
}

export interface Failure {
  /** Which test of which file. */
  what: string;
  report: string;
}

export function addSummaries(summaries: readonly Summary[]): Summary {
  const sum: Summary = { passed: 0, skipped: 0, failed: [] };
  for (const { passed, skipped, failed } of summaries) {
    sum.passed += passed;
    sum.skipped += skipped;
    sum.failed.push(...failed);
  }
  return sum;
}

/** The line that ends every run. */
export function closingLine({ passed, skipped, failed }: Summary): string {
  return `${passed} passed, ${failed.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Prints the failures once more, then the closing line. Returns the exit code: a run without any test has failed too. */
export function conclude(summary: Summary): number {
  if (summary.failed.length > 0) process.stdout.write('\nFailures\n');
  for (const { what, report } of summary.failed) process.stdout.write(`\n✘ ${what}\n${report.replace(/^/gm, '    ')}\n`);
  if (summary.passed + summary.failed.length === 0) process.stdout.write('\nNo test ran.\n');
  process.stdout.write(`\n${closingLine(summary)}\n`);
  return summary.failed.length > 0 || summary.passed === 0 ? 1 : 0;
}
