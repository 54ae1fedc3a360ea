import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { patience } from './patience.js';
import type { TestFile } from './run-test-file.js';

export type TestKind = 'unit' | 'engine' | 'adversarial' | 'faults' | 'packages';

/** The files of a kind whose path contains one of the words; all of them when there are no words. */
export async function findTestFiles(kind: TestKind, words: readonly string[]): Promise<TestFile[]> {
  const folder = new URL(`../${kind}/`, import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.test.ts')).sort();
  const paths = names.map((name) => path.join('test', kind, name));
  return paths.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).map((file) => testFile(file));
}

/** By the folder it lies in. */
export function needsEngine(file: string): boolean {
  return file.split(path.sep).some((folder) => ['engine', 'adversarial', 'faults', 'packages'].includes(folder));
}

/** A test file with the limits of the folder it lies in. */
export function testFile(file: string): TestFile {
  const folders = file.split(path.sep);
  const engine = needsEngine(file);
  // An engine test may have to build an image and start containers on two busy cores.
  return {
    path: file,
    testTimeoutInS: engine ? 60 : 10,
    loadTimeoutInS: 60 * patience,
    // Faults are waited for one after another: engines come back, answers never do.
    timeoutInS: (folders.includes('faults') || folders.includes('packages') ? 540 : engine ? 300 : 120) * patience,
    graceInS: 5 * patience,
  };
}
