import { readdirSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { Compiled } from './compile.js';
import { relativeSpecifier, type Target, targetKey } from './discover.js';
import { applyEdits, type ColumnShift, type Edit } from './edits.js';
import { guestSpecifier } from './guest-specifier.js';
import type { PatternReference, Reference } from './references.js';
import { existingSource, resolveLoosely } from './source-files.js';

const queryOrHash = /[?#].*$/;

/** The name each source has in the container: its own, with the extension of JavaScript. */
export function emittedPaths(sources: ReadonlyMap<string, Compiled>): Map<string, string> {
  const taken = new Set([...sources.keys()]);
  const paths = new Map<string, string>();
  for (const { path, extension } of [...sources.values()].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const renamed = path.slice(0, path.length - extname(path).length) + extension;
    // a.ts beside an a.js that is used as well.
    const emitted = renamed === path || !taken.has(renamed) ? renamed : path + extension;
    taken.add(emitted);
    paths.set(path, emitted);
  }
  return paths;
}

/** The module that stands for an imported JSON file. */
export function emittedJsonPath(path: string): string {
  return `${path}.mjs`;
}

/** The source with every reference to another file changed to what that file is called in the container. */
export function emit(source: Compiled, emitted: ReadonlyMap<string, string>): { text: string; shifts: ColumnShift[] } {
  const edits: Edit[] = [];
  for (const reference of source.shape?.references ?? []) {
    const specifier = newSpecifier(source, reference, emitted);
    if (specifier === undefined) continue;
    if (specifier !== reference.specifier) {
      edits.push({ start: reference.start, end: reference.end, text: JSON.stringify(specifier) });
    }
    if (reference.attributes === null || !isImportedJson(reference, targetOf(source, reference))) continue;
    const { start, end } = reference.attributes;
    edits.push({ start, end, text: source.code.slice(start, end).replace(/[^\n;]/g, ' ') });
  }
  for (const { tail } of source.shape?.patterns ?? []) {
    const extension = /\.([cm]?)tsx?$/.exec(source.code.slice(tail.start, tail.end));
    if (extension !== null) edits.push({ start: tail.end - extension[0].length, end: tail.end, text: `.${extension[1]}js` });
  }
  return applyEdits(source.code, edits);
}

function newSpecifier(source: Compiled, reference: Reference, emitted: ReadonlyMap<string, string>): string | undefined {
  const { kind, specifier } = reference;
  if (kind === 'data') return undefined;
  const guest = guestSpecifier(specifier);
  if (guest !== undefined) return guest;
  const target = targetOf(source, reference);
  const path = target === undefined ? looseTarget(source, reference) : target.path;
  if (path === null) return undefined;
  const to = isImportedJson(reference, target) ? emittedJsonPath(path) : (emitted.get(path) ?? path);
  // Node would find it as it is: nothing to change.
  if (/^\.\.?\//.test(specifier) && resolve(dirname(source.path), specifier) === to) return specifier;
  if (kind === 'url' && path === to) return specifier;
  if (target === undefined && !emitted.has(path)) return undefined;
  const relative = relativeSpecifier(source.path, to);
  // Imports and URLs are percent-encoded, paths given to `require` are not.
  if (kind === 'require') return relative;
  const suffix = kind === 'url' ? (queryOrHash.exec(specifier)?.[0] ?? '') : '';
  return relative.replace(/[%?#\\\s]/g, encodeURIComponent) + suffix;
}

function targetOf(source: Compiled, { kind, specifier }: Reference): Target | undefined {
  if (kind === 'url' || kind === 'data') return undefined;
  const other = kind === 'import' ? 'require' : 'import';
  return source.targets.get(targetKey(kind, specifier)) ?? source.targets.get(targetKey(other, specifier));
}

function isImportedJson({ kind }: Reference, target: Target | undefined): boolean {
  return kind === 'import' && target?.kind === 'file' && target.path.endsWith('.json');
}

/** What esbuild does not follow: `new URL('./worker.ts', import.meta.url)`, `createRequire(...)('./x')`. */
function looseTarget({ path, targets }: Compiled, { kind, specifier }: Reference): string | null {
  if (kind === 'url' || kind === 'data') return fileOfUrl(path, specifier);
  if (!/^\.\.?\//.test(specifier)) return null;
  return targets.has(targetKey(kind, specifier)) ? null : resolveLoosely(path, specifier);
}

/** The file of a URL relative to the module at `from`; null for any other URL. */
function fileOfUrl(from: string, specifier: string): string | null {
  if (/^(?:\/|[a-z][\w+.-]*:|$)/i.test(specifier)) return null;
  try {
    return existingSource(resolve(dirname(from), decodeURIComponent(specifier.replace(queryOrHash, ''))));
  } catch {
    // Badly encoded, or a name no file can have.
    return null;
  }
}

/** Files that `source` may load at run time and that neither esbuild nor nft knows of: sources, data and native addons. */
export function looseFiles(source: Compiled): string[] {
  const found = (source.shape?.references ?? []).filter((each) => targetOf(source, each) === undefined);
  const named = found.map((reference) => looseTarget(source, reference)).filter((path) => path !== null);
  return [...named, ...(source.shape?.patterns ?? []).flatMap((pattern) => matching(source.path, pattern))];
}

/** Imported JSON files. */
export function importedJson(source: Compiled): string[] {
  const found = (source.shape?.references ?? []).map((each) => ({ each, target: targetOf(source, each) }));
  return found.flatMap(({ each, target }) => (target !== undefined && isImportedJson(each, target) ? [target.path] : []));
}

function matching(from: string, { texts }: PatternReference): string[] {
  const start = resolve(dirname(from), texts[0] ?? '.');
  const folder = texts[0]?.endsWith('/') ? start : dirname(start);
  const escaped = texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const tail = (escaped.at(-1) ?? '').replace(/\\\.([cm]?)js$/, '\\.$1[jt]sx?');
  const name = [...escaped.slice(1, -1), tail].join('.+');
  const prefix = texts[0]?.endsWith('/') ? `${start}/` : start;
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((each) => join(folder, each))
      .filter(
        (path) => path.startsWith(prefix) && new RegExp(`^.+${name}(?:\\.[cm]?[jt]sx?)?$`).test(path.slice(prefix.length)),
      );
  } catch {
    return [];
  }
}
