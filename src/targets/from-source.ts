import { extname, posix } from 'node:path';
import { describe, oneOf, positiveNumber, refuseUnknown, requireObject, texts, wrong } from '../options/check.js';
import { checkGlobs, toFolder } from './from-module.js';
import { asSourceFunction, defaultPackOptions, type SourceFunction, type SourceLanguage } from './target.js';

/** @internal A submission, a plug-in or generated code has some KB. */
export const MAX_SOURCE_TEXT_IN_BYTES = 2 ** 20;

/** Options of {@link fromSource}. */
export interface SourceOptions {
  /**
   * Name of the export to call.
   * @default 'default'
   */
  exportName?: string | null;
  /**
   * Which of several texts exports the function.
   * @default the first
   */
  entry?: string | null;
  /**
   * `'ts'`: TypeScript, with enums, namespaces and decorators; `'js'`: JavaScript; both are ES modules. `'cjs'`: CommonJS.
   * @default 'ts'; for several texts, each by its extension
   */
  language?: SourceLanguage | null;
  /**
   * Packages of yours that the text may import. They travel whole, with what they depend on.
   * @default []
   */
  packages?: readonly string[] | null;
  /**
   * Folder from which `packages` are looked for, as Node would: an absolute path or a `file:` URL.
   * @default the working folder
   */
  resolveFrom?: string | URL | null;
  /**
   * Files of yours that travel with the text: globs relative to `root`.
   * @default []
   */
  include?: readonly string[] | null;
  /** Folder that `include` is relative to; it must be given with it. */
  root?: string | URL | null;
  /**
   * Seconds that packing `packages` and `include` may take before the call fails.
   * @default 30
   */
  packTimeInS?: number | null;
}

const optionNames = [
  'exportName',
  'entry',
  'language',
  'packages',
  'resolveFrom',
  'include',
  'root',
  'packTimeInS',
] as const satisfies readonly (keyof SourceOptions)[];

const entryNames: Readonly<Record<SourceLanguage, string>> = { ts: 'main.ts', js: 'main.js', cjs: 'main.cjs' };

/**
 * A function of source text that anybody may have written: a submission, a plug-in, generated code. The text is parsed, compiled and run in
 * the container, under the limits of the call. This machine reads nothing for it but `packages` and `include`, which are yours, and an
 * outcome shows nothing of this machine.
 *
 * @param source The text, or texts by path: `{ 'main.ts': …, 'lib.ts': … }`. Each has at most 1 MB.
 * @throws TypeError | RangeError at once for wrong options, paths that are absolute or have `..`, and texts of more than 1 MB.
 */
// biome-ignore lint/suspicious/noExplicitAny: the constraint that fits every function
export function fromSource<F extends (...args: any) => unknown = (...args: unknown[]) => unknown>(
  source: string | Readonly<Record<string, string>>,
  options: SourceOptions = {},
): SourceFunction<F> {
  requireObject(options, 'fromSource');
  refuseUnknown(options, optionNames, 'fromSource');
  const language = oneOf('language', options.language, ['ts', 'js', 'cjs'], 'ts');
  const files = checkTexts(source, language);
  const entry = checkEntry(options.entry, files);
  return asSourceFunction<F>({ kind: 'source', files, entryFile: null, entry, language, ...checkOptions(options) });
}

/**
 * @internal The same for the command line: the text of one file of the host, or a text that came on stdin. Whether it is an ES module, is
 * told by the text.
 */
export function fromSourceOf(
  given: { readonly file: string } | { readonly text: string },
  options: Omit<SourceOptions, 'entry' | 'language'>,
): SourceFunction<(...args: unknown[]) => unknown> {
  const entry = 'file' in given ? `main${extname(given.file)}` : 'main.ts';
  const files = 'file' in given ? {} : { [entry]: checkText('-', given.text) };
  const entryFile = 'file' in given ? given.file : null;
  return asSourceFunction({ kind: 'source', files, entryFile, entry, language: 'auto', ...checkOptions(options) });
}

function checkOptions(options: SourceOptions) {
  const exportName: unknown = options.exportName ?? 'default';
  if (typeof exportName !== 'string' || exportName === '') {
    throw new TypeError(wrong('exportName', 'the name of an export', exportName));
  }
  const include = checkGlobs(options.include);
  const root = toFolder('root', options.root);
  if (include.length > 0 && root === null)
    throw new TypeError('Expected `root` with `include`: the folder that it is relative to');
  return {
    exportName,
    packages: texts('packages', options.packages, 'names of packages', (text) => packageName.test(text)),
    resolveFrom: toFolder('resolveFrom', options.resolveFrom) ?? process.cwd(),
    include,
    root,
    packTimeInS: positiveNumber('packTimeInS', options.packTimeInS, defaultPackOptions.packTimeInS),
  };
}

const packageName = /^(?:@[^/\\\s]+\/)?[^/\\\s@!][^/\\\s]*$/;

function checkTexts(source: unknown, language: SourceLanguage): Readonly<Record<string, string>> {
  if (typeof source === 'string') return Object.freeze({ [entryNames[language]]: checkText('source', source) });
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    throw new TypeError(wrong('source', 'a text, or an object of texts by path', source));
  }
  const files: Record<string, string> = Object.create(null);
  for (const [path, text] of Object.entries(source)) {
    if (!isPlainPath(path))
      throw new TypeError(`Expected paths of \`source\` to be relative, without \`..\`, got ${describe(path)}`);
    files[path] = checkText(`source['${path}']`, text);
  }
  if (Object.keys(files).length === 0) throw new TypeError('Expected `source` to have at least one text');
  return Object.freeze(files);
}

function isPlainPath(path: string): boolean {
  return path !== '' && !/[\0\\]|^\/|\/$/.test(path) && posix.normalize(path) === path && !path.split('/').includes('..');
}

function checkText(name: string, text: unknown): string {
  if (typeof text !== 'string') throw new TypeError(wrong(name, 'a text', text));
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_SOURCE_TEXT_IN_BYTES) return text;
  throw new RangeError(
    `Expected \`${name}\` to have at most ${MAX_SOURCE_TEXT_IN_BYTES} bytes, got ${bytes}. Pass data as an argument`,
  );
}

function checkEntry(entry: unknown, files: Readonly<Record<string, string>>): string {
  const [first = ''] = Object.keys(files);
  if (entry === undefined || entry === null) return first;
  if (typeof entry === 'string' && Object.hasOwn(files, entry)) return entry;
  throw new TypeError(wrong('entry', `one of ${Object.keys(files).join(', ')}`, entry));
}
