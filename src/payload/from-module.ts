import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ModuleFunction } from './function-reference.js';

/** A module of which nothing is known: any name may be a function. */
type AnyModule = Record<string, (...args: unknown[]) => unknown>;

/** Names of the exports of `M` that can be called. */
export type FunctionExport<M> = {
  [K in keyof M]: M[K] extends (...args: never[]) => unknown ? K : never;
}[keyof M] &
  string;

/** `exportName` may be left out where the module has a default export that is a function. */
type ExportName<M, K> = 'default' extends FunctionExport<M> ? [exportName?: K] : [exportName: K];

/**
 * Names a function by its module and export, to be wrapped by `enforceLimits`. The module is read when the function is
 * first called; in the container it is loaded with whatever it imports.
 *
 * @typeParam M - The module: `typeof import('./train.js')`.
 * @typeParam K - The export: `'train'`.
 * @param url - `new URL('./train.js', import.meta.url)`, a `file:` URL as a string, or an absolute path. TypeScript's names
 * hold: a module `train.ts` may be named `train.js`, as in an import.
 * @param exportName - Default `'default'`.
 * @throws TypeError when `url` names no file or `exportName` is no name.
 */
export function fromModule<M extends object = AnyModule, K extends FunctionExport<M> = Extract<'default', FunctionExport<M>>>(
  url: URL | string,
  ...[exportName]: ExportName<M, K>
): ModuleFunction<M[K]> {
  const name: unknown = exportName === undefined ? 'default' : exportName;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`Expected \`exportName\` to be the name of an export, got ${describe(name)}`);
  }
  return { kind: 'module', url: toFileUrl(url), exportName: name };
}

function toFileUrl(url: unknown): string {
  try {
    if (url instanceof URL) return pathToFileURL(fileURLToPath(url)).href;
    if (typeof url === 'string' && url.startsWith('file:')) return pathToFileURL(fileURLToPath(url)).href;
  } catch (error) {
    throw new TypeError(`Expected \`url\` to name a file on this machine, got ${describe(url)}`, { cause: error });
  }
  if (typeof url === 'string' && isAbsolute(url) && !url.includes('\0')) return pathToFileURL(url).href;
  throw new TypeError(
    `Expected \`url\` to be a file: URL or an absolute path, got ${describe(url)}. ` +
      "A path relative to the calling file is written new URL('./file.js', import.meta.url)",
  );
}

function describe(value: unknown): string {
  if (value instanceof URL) return `\`${value.href}\` (URL)`;
  if (value === null || value === undefined) return `\`${value}\``;
  if (typeof value === 'string') return `\`${value}\` (string)`;
  return typeof value === 'number' || typeof value === 'boolean' ? `\`${value}\` (${typeof value})` : typeof value;
}
