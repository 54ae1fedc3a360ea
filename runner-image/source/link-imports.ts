import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin, SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join, posix, relative } from 'node:path';
import { type ImportSpecifier, parse } from 'es-module-lexer/js';
import { GUEST_DIRECTORY, isOwnName } from '../../src/wire/guest-library.js';
import type { SourceJob } from '../../src/wire/protocol.js';
import { outputName } from './compile-typescript.js';
import type { Problem } from './problem.js';

/** Whether a text is an ES module, as far as its statements tell; what is no module, or does not parse, is CommonJS. */
export function hasModuleSyntax(folder: string, file: string): boolean {
  try {
    return parse(readFileSync(join(folder, file), 'utf8'))[3];
  } catch {
    return false;
  }
}

/**
 * Makes the imports of one module name files that are there: `./lib.ts` and `./lib` become `./lib.js`. Text that does not parse is left to
 * Node, which says what is wrong.
 * @returns the first declaration that imports what is not there
 */
export function linkImports(folder: string, source: string, output: string, job: SourceJob): Problem | null {
  if (!/\.[cm]?js$/.test(output)) return null;
  const code = readFileSync(join(folder, output), 'utf8');
  let imports: readonly ImportSpecifier[];
  try {
    [imports] = parse(code);
  } catch {
    return null;
  }
  let text = '';
  let copied = 0;
  for (const { n: specifier, s: start, e: end, d: dynamic } of imports) {
    if (specifier === undefined) continue;
    const found = resolveImport(folder, output, specifier, job);
    // The quote before it is where the specifier begins.
    if (found === null && dynamic === -1) return notThere(folder, source, code, start - 1, specifier);
    if (found === null || found === specifier) continue;
    // The range of import() has the quotes in it, that of a declaration has not.
    text += code.slice(copied, start) + (dynamic === -1 ? JSON.stringify(found).slice(1, -1) : JSON.stringify(found));
    copied = end;
  }
  if (copied > 0) writeFileSync(join(folder, output), text + code.slice(copied));
  return null;
}

/** How the import is written in the container; null when nothing is there. */
function resolveImport(folder: string, from: string, specifier: string, { packages }: SourceJob): string | null {
  if (isBuiltin(specifier) || /^(?:data:|#)/.test(specifier)) return specifier;
  // Of files, only texts are its own.
  if (/^(?:file:|\/)/.test(specifier)) return null;
  if (/^\.{1,2}(?:\/|$)/.test(specifier)) return resolveRelative(folder, from, specifier);
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (isOwnName(name)) linkGuest(folder);
  return isOwnName(name) || packages.includes(name) || existsSync(join(folder, 'node_modules', name)) ? specifier : null;
}

function resolveRelative(folder: string, from: string, specifier: string): string | null {
  const [, path = '', rest = ''] = /^([^?#]*)(.*)$/s.exec(specifier) ?? [];
  const at = posix.join(dirname(from), decode(path));
  if (at.startsWith('../')) return null;
  const names = [at, outputName(at), `${at}.js`, `${at}.mjs`, `${at}.cjs`, `${at}/index.js`, `${at}.json`];
  const found = names.find((name) => !/\.[cm]?tsx?$/.test(name) && isFile(join(folder, name)));
  if (found === undefined) return null;
  if (found === at) return specifier;
  const written = relative(dirname(from), found);
  return (written.startsWith('../') ? written : `./${written}`) + rest;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function linkGuest(folder: string): void {
  const at = join(folder, 'node_modules/nisher');
  if (existsSync(at)) return;
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(GUEST_DIRECTORY, at);
}

function notThere(folder: string, source: string, code: string, offset: number, specifier: string): Problem {
  const before = code.slice(0, offset);
  const compiled = { line: before.split('\n').length, column: offset - (before.lastIndexOf('\n') + 1) };
  // A source map in what was not compiled is not ours.
  const { line, column } = outputName(source) === source ? compiled : originalPosition(code, compiled);
  return {
    problem: `cannot find \`${specifier}\`, which the text imports`,
    place: `${source}:${line}:${column + 1}`,
    line: readFileSync(join(folder, source), 'utf8').split('\n')[line - 1] ?? '',
    isImport: true,
  };
}

/** By the source map that the compiler has put at the end. */
function originalPosition(code: string, position: { line: number; column: number }): { line: number; column: number } {
  const encoded = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(code)?.[1];
  if (encoded === undefined) return position;
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as SourceMapPayload);
  const found = map.findEntry(position.line - 1, position.column);
  return 'originalLine' in found ? { line: found.originalLine + 1, column: found.originalColumn } : position;
}
