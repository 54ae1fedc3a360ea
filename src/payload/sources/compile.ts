import { SourceMap, type SourceMapPayload } from 'node:module';
import { extname } from 'node:path';
import type { TransformOptions } from 'esbuild';
import type { Compiler } from './compiler.js';
import type { Place } from './evaluate.js';
import type { Manifest } from './manifest.js';
import { type ModuleShape, readShape } from './shape.js';
import type { TsConfig } from './tsconfig.js';

export type Format = 'esm' | 'cjs';

/** A source as JavaScript, its imports not yet changed. */
export interface Compiled {
  readonly path: string;
  readonly format: Format;
  readonly code: string;
  /** null: JavaScript of a kind that only Node itself can judge. */
  readonly shape: ModuleShape | null;
  /** null: the code is the source as it was written. */
  readonly map: SourceMapPayload | null;
  /** What its name shall end with. */
  readonly extension: '.js' | '.mjs' | '.cjs';
}

export interface Source {
  readonly text: string;
  readonly place: Place;
  readonly config: TsConfig;
  readonly manifest: Manifest | null;
}

/**
 * Compiles one source for this Node. JavaScript that runs as it is stays as it is, so that its positions are its own and `toString` says
 * what was written.
 * @throws CompileError | PackError
 */
export async function compile(source: Source, compiler: Compiler): Promise<Compiled> {
  const { place, manifest } = source;
  const path = place.file;
  const declared = declaredFormat(path, manifest);
  if (/\.[cm]?js$/.test(path)) {
    const asWritten = await keepAsWritten(source, declared);
    if (asWritten !== null) return asWritten;
  }
  if (declared === 'cjs') return await compileAs('cjs', source, compiler);
  const esm = await compileAs('esm', source, compiler);
  if (declared === 'esm') return esm;
  const { shape } = esm;
  // Without `type`, import and export make an ES module. TypeScript is compiled to CommonJS as often as not; `__dirname` tells.
  const isCommonJs =
    shape !== null && (!shape.hasModuleSyntax || (isTypeScript(path) && shape.needsCommonJs && !shape.needsEsm));
  return isCommonJs ? await compileAs('cjs', source, compiler) : esm;
}

/** By Node's rules: extension, then `type`; null where the text decides. */
function declaredFormat(path: string, manifest: Manifest | null): Format | null {
  const extension = extname(path);
  if (extension === '.mjs' || extension === '.mts') return 'esm';
  if (extension === '.cjs' || extension === '.cts') return 'cjs';
  if (manifest === null || manifest.type === null) return null;
  return manifest.type === 'module' ? 'esm' : 'cjs';
}

async function keepAsWritten({ text, place }: Source, declared: Format | null): Promise<Compiled | null> {
  const as = async (format: Format) => {
    const shape = await readShape(text, format === 'esm' ? 'module' : 'script', place);
    return shape && { path: place.file, format, code: text, shape, map: null, extension: emittedExtension(place.file) };
  };
  if (declared !== null) return await as(declared);
  const esm = await as('esm');
  if (esm?.shape.hasModuleSyntax) return esm;
  return (await as('cjs')) ?? esm;
}

function emittedExtension(path: string): Compiled['extension'] {
  const extension = extname(path);
  if (extension === '.mjs' || extension === '.mts') return '.mjs';
  return extension === '.cjs' || extension === '.cts' ? '.cjs' : '.js';
}

export function isTypeScript(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path);
}

/** What import.meta says, said in CommonJS. */
const metaInCommonJs = {
  'import.meta.url': '__importMetaUrl',
  'import.meta.dirname': '__dirname',
  'import.meta.filename': '__filename',
};

/** ES modules need no `format`: esbuild then leaves imports and exports as they are, and renames nothing. */
async function compileAs(format: Format, { text, place, config }: Source, compiler: Compiler): Promise<Compiled> {
  const path = place.file;
  const { code: compiled, map } = await compiler.transform(text, {
    sourcefile: path,
    loader: loaderOf(path),
    platform: 'node',
    target: `node${process.versions.node}`,
    sourcemap: 'external',
    sourcesContent: false,
    tsconfigRaw: { compilerOptions: optionsFor(config) },
    // `assert { type: 'json' }`, which Node 22 has no more: a JSON file becomes a module, and needs neither that nor `with`.
    supported: { 'import-assertions': false },
    ...(format === 'cjs' && { format: 'cjs', define: metaInCommonJs }),
  });
  const needsUrl = format === 'cjs' && compiled.includes('__importMetaUrl');
  // On the first line, so that no position below it moves.
  const code = needsUrl ? `var __importMetaUrl = require('node:url').pathToFileURL(__filename).href;${compiled}` : compiled;
  const shape = await readShape(code, format === 'esm' ? 'module' : 'script', place);
  return { path, format, code, shape, map: JSON.parse(map) as SourceMapPayload, extension: emittedExtension(path) };
}

function loaderOf(path: string): NonNullable<TransformOptions['loader']> {
  if (/\.[cm]?ts$/.test(path)) return 'ts';
  if (path.endsWith('.tsx')) return 'tsx';
  return path.endsWith('.jsx') ? 'jsx' : 'js';
}

/** Options of tsconfig.json that change what comes out. */
const compilerOptions = [
  'alwaysStrict',
  'experimentalDecorators',
  'importsNotUsedAsValues',
  'jsx',
  'jsxFactory',
  'jsxFragmentFactory',
  'jsxImportSource',
  'preserveValueImports',
  'strict',
  'target',
  'useDefineForClassFields',
  'verbatimModuleSyntax',
] as const;

function optionsFor({ compilerOptions: given }: TsConfig): Record<string, never> {
  // Values are checked by esbuild, which says which one is wrong.
  return Object.fromEntries(compilerOptions.filter((name) => name in given).map((name) => [name, given[name]])) as never;
}

/** The position in the source of a position in the compiled code; lines from 1, columns from 1. */
export function positionInSource({ code, map }: Compiled, offset: number): { line: number; column: number } {
  const before = code.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - (before.lastIndexOf('\n') + 1);
  if (map === null) return { line, column: column + 1 };
  const found = new SourceMap(map).findEntry(line - 1, column);
  return 'originalLine' in found
    ? { line: found.originalLine + 1, column: found.originalColumn + 1 }
    : { line, column: column + 1 };
}
