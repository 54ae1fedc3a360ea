import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from './usage-error.js';

/** Which function was meant. */
export interface Target {
  url: URL;
  exportName: string;
}

/**
 * `MODULE[#EXPORT]`: a path, relative to the working folder, or a `file:` URL; what follows the last `#` is the export's name.
 * A path with a `#` of its own is given as a `file:` URL with `%23`.
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
  if (!path.startsWith('file:')) return { url: pathToFileURL(resolve(path)), exportName };
  if (!URL.canParse(path)) throw new UsageError(`\`${path}\` is no URL`, 'For example file:///home/me/train.js');
  return { url: new URL(path), exportName };
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
