import { readFile } from 'node:fs/promises';
import type { SourceMapPayload } from 'node:module';
import { extname, resolve } from 'node:path';
import type { BuildOptions, OutputFile } from 'esbuild';
import type { Discovered } from './discover.js';
import { buildProblem } from './pack-problems.js';
import { type ModuleShape, readShape } from './references.js';
import { isTypeScript, nearestPackageJson, packageType } from './source-files.js';

type Format = 'esm' | 'cjs';

/** A user's source as JavaScript, its imports not yet changed. */
export interface Compiled {
  readonly path: string;
  readonly targets: Discovered['targets'];
  readonly format: Format;
  readonly code: string;
  /** null: JavaScript of a kind that only Node itself can judge. */
  readonly shape: ModuleShape | null;
  /** null: the code is the source as the user wrote it. */
  readonly map: SourceMapPayload | null;
  /** What its name shall end with. */
  readonly extension: '.js' | '.mjs' | '.cjs';
}

/**
 * Compiles each source on its own, for this Node. JavaScript that runs as it is stays as it is, so that its positions are its
 * own and `toString` says what the user wrote.
 */
export async function compile(sources: ReadonlyMap<string, Discovered>): Promise<Compiled[]> {
  const plans = [...sources].map(([path, discovered]) => ({ path, discovered, format: formatOf(path, discovered.syntax) }));
  const asWritten = await Promise.all(plans.map(({ path, discovered, format }) => keepAsWritten(path, discovered, format)));
  const rest = plans.filter((_, index) => asWritten[index] === null);
  const [esm, cjs] = await Promise.all((['esm', 'cjs'] as const).map((format) => compileAs(format, rest)));
  const again = (esm ?? []).filter(meantAsCommonJs).map(({ path, targets }) => {
    return { path, discovered: { syntax: 'esm' as const, targets }, format: 'cjs' as const };
  });
  const recompiled = await compileAs('cjs', again);
  const replaced = new Set(again.map(({ path }) => path));
  const kept = asWritten.filter((each) => each !== null);
  return [...kept, ...(esm ?? []).filter(({ path }) => !replaced.has(path)), ...(cjs ?? []), ...recompiled];
}

/** Node's own rules; a source with import and export in a folder without `type` is an ES module. */
function formatOf(path: string, syntax: Discovered['syntax']): Format {
  const extension = extname(path);
  if (extension === '.mjs' || extension === '.mts') return 'esm';
  if (extension === '.cjs' || extension === '.cts') return 'cjs';
  const type = packageType(nearestPackageJson(path));
  if (type !== null) return type === 'module' ? 'esm' : 'cjs';
  return syntax === 'esm' ? 'esm' : 'cjs';
}

/** TypeScript without `type` in its package.json is compiled to CommonJS as often as not; `__dirname` tells. */
function meantAsCommonJs({ path, shape }: Compiled): boolean {
  if (!isTypeScript(path) || shape === null || !shape.needsCommonJs || shape.needsEsm || extname(path) === '.mts') return false;
  return packageType(nearestPackageJson(path)) === null;
}

async function keepAsWritten(path: string, { targets, syntax }: Discovered, format: Format): Promise<Compiled | null> {
  if (!/\.[cm]?js$/.test(path) || (syntax === 'esm' && format === 'cjs')) return null;
  const code = await readFile(path, 'utf8');
  const shape = await readShape(code, format === 'esm' ? 'module' : 'script');
  return shape && { path, targets, format, code, shape, map: null, extension: emittedExtension(path) };
}

function emittedExtension(path: string): Compiled['extension'] {
  const extension = extname(path);
  if (extension === '.mjs' || extension === '.mts') return '.mjs';
  return extension === '.cjs' || extension === '.cts' ? '.cjs' : '.js';
}

interface Plan {
  readonly path: string;
  readonly discovered: Discovered;
  readonly format: Format;
}

/** ES modules need no `format`: esbuild then leaves imports and exports as they are, and renames nothing. */
const toCommonJs: BuildOptions = {
  format: 'cjs',
  // What import.meta says, said in CommonJS.
  define: { 'import.meta.url': '__importMetaUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
};

async function compileAs(format: Format, plans: readonly Plan[]): Promise<Compiled[]> {
  const chosen = plans.filter((plan) => plan.format === format);
  const outputs = await compileFiles(
    chosen.map(({ path }) => path),
    format === 'cjs' ? toCommonJs : {},
  );
  return Promise.all(
    chosen.map(async ({ path, discovered: { targets } }, index) => {
      const output = outputs[index] as { code: string; map: SourceMapPayload };
      const needsUrl = format === 'cjs' && output.code.includes('__importMetaUrl');
      // On the first line, so that no position below it moves.
      const code = needsUrl
        ? `var __importMetaUrl = require('node:url').pathToFileURL(__filename).href;${output.code}`
        : output.code;
      const shape = await readShape(code, format === 'esm' ? 'module' : 'script');
      return { path, targets, format, code, shape, map: output.map, extension: emittedExtension(path) };
    }),
  );
}

/** A JSON file as an ES module with its keys as named exports, as TypeScript and bundlers read such imports. */
export async function compileJson(paths: readonly string[]): Promise<{ path: string; code: string }[]> {
  const outputs = await compileFiles(paths, { format: 'esm', loader: { '.json': 'json' } });
  return outputs.map(({ code }, index) => ({ path: paths[index] as string, code }));
}

async function compileFiles(
  paths: readonly string[],
  options: BuildOptions,
): Promise<{ code: string; map: SourceMapPayload }[]> {
  if (paths.length === 0) return [];
  const { build } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      ...options,
      absWorkingDir: '/',
      // Numbers, because two sources may have names that differ in the extension alone.
      entryPoints: paths.map((path, index) => ({ in: path, out: String(index) })),
      outdir: '/',
      bundle: false,
      write: false,
      sourcemap: 'external',
      sourcesContent: false,
      platform: 'node',
      target: `node${process.versions.node}`,
      logLevel: 'silent',
    });
    const byName = new Map(outputFiles.map((file): [string, OutputFile] => [file.path, file]));
    return paths.map((_, index) => {
      const map = JSON.parse(byName.get(`/${index}.js.map`)?.text ?? '{}') as SourceMapPayload;
      map.sources = map.sources.map((source) => resolve('/', source));
      return { code: byName.get(`/${index}.js`)?.text ?? '', map };
    });
  } catch (error) {
    throw buildProblem(error);
  }
}
