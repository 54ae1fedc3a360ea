/**
 * Where a text is not JavaScript: Node tells for CommonJS alone. A program of its own, loaded when Node has refused a text.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'acorn';
import type { Problem } from './problem.js';

/** @returns the first of the files that does not parse, with what Node said of it; null when all do */
export function findSyntaxError(folder: string, files: readonly string[], message: string): Problem | null {
  for (const file of files) {
    if (!/\.[cm]?jsx?$/.test(file)) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    const at = mistakeIn(text);
    if (at === null) continue;
    const line = text.split('\n')[at.line - 1] ?? '';
    return { problem: message, place: `${file}:${at.line}:${at.column + 1}`, line, isImport: false };
  }
  return null;
}

/** Null for what is JavaScript of either kind. */
function mistakeIn(text: string): { line: number; column: number } | null {
  const options = { ecmaVersion: 'latest', allowHashBang: true, allowReturnOutsideFunction: true } as const;
  let first: { line: number; column: number } | null = null;
  for (const sourceType of ['module', 'script'] as const) {
    try {
      parse(text, { ...options, sourceType });
      return null;
    } catch (error) {
      first ??= (error as { loc?: { line: number; column: number } }).loc ?? { line: 1, column: 0 };
    }
  }
  return first;
}
