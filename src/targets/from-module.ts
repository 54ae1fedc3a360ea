import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, oneOf, positiveNumber, refuseUnknown, requireObject, texts, wrong } from '../options/check.js';
import { defaultPackOptions, type ModuleFunction, type PackOptions } from './target.js';

/** A module of which nothing is known: any name may be a function. */
type AnyModule = Record<string, (...args: unknown[]) => unknown>;

/** Names of the exports of `M` that can be called. */
export type FunctionExport<M> = {
  [K in keyof M]: M[K] extends (...args: never[]) => unknown ? K : never;
}[keyof M] &
  string;

/** `exportName` may be left out where the module has a default export that is a function. */
type ExportAndOptions<M, K> =
  'default' extends FunctionExport<M> ? [exportName?: K, options?: ModuleOptions] : [exportName: K, options?: ModuleOptions];

/** Options of {@link fromModule}: what travels into the container beside what the module imports. */
export interface ModuleOptions {
  /**
   * Folder below which files of yours may travel; an import that leads out of it is refused.
   * @default the repository (the folder with `.git`) that the module is in, else the outermost folder with a package.json
   */
  root?: string | URL | null;
  /**
   * Files that code finds by a path that it computes: globs (`*`, `?`, `**`, `{a,b}`) or folders, relative to the root. A `!` in front
   * leaves files out that code names only by path.
   * @default []
   */
  include?: readonly string[] | null;
  /**
   * Packages that code imports by a name that it computes, such as `pg` for sequelize. `!name` leaves out a package that travels only
   * because another one depends on it.
   * @default []
   */
  packages?: readonly string[] | null;
  /**
   * How paths of your files are shown in errors: whole, or relative to the root.
   * @default 'absolute'
   */
  paths?: 'absolute' | 'relative' | null;
  /**
   * Seconds that packing may take before the call fails.
   * @default 30
   */
  packTimeInS?: number | null;
}

const optionNames = ['root', 'include', 'packages', 'paths', 'packTimeInS'] as const satisfies readonly (keyof ModuleOptions)[];

/**
 * Names a function by its module and export, to be wrapped by `enforceLimits`. The module is read when the function is first called, and
 * again when it has changed. Nothing of it is run on this machine.
 *
 * @typeParam M - The module: `typeof import('./train.js')`.
 * @typeParam K - The export: `'train'`.
 * @param url - `new URL('./train.js', import.meta.url)`, a `file:` URL as a string, or an absolute path. TypeScript's names
 * hold: a module `train.ts` may be named `train.js`, as in an import.
 * @param exportName - Default `'default'`.
 * @throws TypeError | RangeError when `url` does not name a file, `exportName` is not a name, or an option is wrong.
 */
export function fromModule<M extends object = AnyModule, K extends FunctionExport<M> = Extract<'default', FunctionExport<M>>>(
  url: URL | string,
  ...[exportName, options]: ExportAndOptions<M, K>
): ModuleFunction<M[K]> {
  const name: unknown = exportName === undefined ? 'default' : exportName;
  if (typeof name !== 'string' || name === '') throw new TypeError(wrong('exportName', 'the name of an export', name));
  return { kind: 'module', url: toFileUrl(url), exportName: name, packing: checkModuleOptions(options ?? {}) };
}

function checkModuleOptions(options: ModuleOptions): PackOptions {
  requireObject(options, 'fromModule');
  refuseUnknown(options, optionNames, 'fromModule');
  return {
    root: toFolder('root', options.root),
    include: checkGlobs(options.include),
    packages: texts('packages', options.packages, 'names of packages', (text) => packageName.test(text)),
    paths: oneOf('paths', options.paths, ['absolute', 'relative'], 'absolute'),
    packTimeInS: positiveNumber('packTimeInS', options.packTimeInS, defaultPackOptions.packTimeInS),
  };
}

const packageName = /^!?(?:@[^/\\\s]+\/)?[^/\\\s@][^/\\\s]*$/;

/** @internal */
export function checkGlobs(value: unknown): readonly string[] {
  const isBelow = (text: string) => !/^!?\/|(?:^!?|\/)\.\.(?:\/|$)/.test(text);
  return texts('include', value, 'globs of `*`, `?`, `**` and `{a,b}`, relative to the root, without `..`', isBelow);
}

/** @internal Absolute path of a folder that an option names. */
export function toFolder(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const path = value instanceof URL || (typeof value === 'string' && value.startsWith('file:')) ? pathOf(name, value) : value;
  if (typeof path === 'string' && isAbsolute(path) && !path.includes('\0')) return path.replace(/(?<=.)\/+$/, '');
  throw new TypeError(wrong(name, 'an absolute path or a file: URL', value));
}

function pathOf(name: string, url: URL | string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new TypeError(wrong(name, 'an absolute path or a file: URL', url), { cause: error });
  }
}

function toFileUrl(url: unknown): string {
  try {
    if (url instanceof URL) return pathToFileURL(withoutNul(fileURLToPath(url))).href;
    if (typeof url === 'string' && url.startsWith('file:')) return pathToFileURL(withoutNul(fileURLToPath(url))).href;
  } catch (error) {
    throw new TypeError(`Expected \`url\` to name a file on this machine, got ${describeUrl(url)}`, { cause: error });
  }
  if (typeof url === 'string' && isAbsolute(url) && !url.includes('\0')) return pathToFileURL(url).href;
  throw new TypeError(
    `Expected \`url\` to be a file: URL or an absolute path, got ${describeUrl(url)}. ` +
      "A path relative to the calling file is written new URL('./file.js', import.meta.url)",
  );
}

/** No file has such a name; Node decodes it from a URL all the same. */
function withoutNul(path: string): string {
  if (path.includes('\0')) throw new TypeError('The path contains NUL');
  return path;
}

function describeUrl(value: unknown): string {
  if (value instanceof URL) return `\`${value.href}\` (URL)`;
  return typeof value === 'string' ? `\`${value}\` (string)` : describe(value);
}
