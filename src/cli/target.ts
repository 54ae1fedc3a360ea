import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './usage-error.js';

/** Which function was meant. */
export interface Target {
  /** Absolute; null: the text comes on stdin. */
  path: string | null;
  exportName: string;
}

/** What `-` stands for. */
const STDIN = '/dev/stdin';

/** The command line with `-` written out: yargs 18 takes that for nothing at all, and `-#train` for options. */
export function withStdinWritten(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) => (/^-(?:#|$)/.test(word) && (end === -1 || index < end) ? word.replace('-', STDIN) : word));
}

/**
 * `MODULE[#EXPORT]`: a path, relative to the working folder, or a `file:` URL; what follows the last `#` is the export's name.
 * A path with a `#` of its own is given as a `file:` URL with `%23`. `-` is the text on stdin.
 * @throws UsageError
 */
export function parseTarget(word: string): Target {
  const at = word.lastIndexOf('#');
  const path = at === -1 ? word : word.slice(0, at);
  const exportName = at === -1 ? 'default' : word.slice(at + 1);
  if (path === '' || exportName === '') {
    throw new UsageError(
      `\`${word}\` names no ${path === '' ? 'module' : 'export'}`,
      'MODULE#EXPORT looks like ./train.js#train',
    );
  }
  if (path === STDIN) return { path: null, exportName };
  if (!path.startsWith('file:')) return { path: resolve(path), exportName };
  try {
    return { path: fileURLToPath(path), exportName };
  } catch {
    throw new UsageError(`\`${path}\` does not name a file on this machine`, 'For example file:///home/me/train.js');
  }
}

/**
 * An argument of the function, from JSON.
 * @throws UsageError for a word that is no JSON, with how to quote it.
 */
export function parseValue(word: string, position: number): unknown {
  try {
    return JSON.parse(word) as unknown;
  } catch {
    throw new UsageError(
      `Argument ${position}, \`${word}\`, is no JSON`,
      `Text is quoted twice, for JSON and for the shell: '${JSON.stringify(word).replaceAll("'", `'\\''`)}'`,
    );
  }
}
