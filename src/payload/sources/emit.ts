import { dirname, extname, relative, resolve } from 'node:path';
import type { AnyNode } from 'acorn';
import { guestSpecifier } from '../../wire/guest-library.js';
import type { Compiled } from './compile.js';
import { applyEdits, type ColumnShift, type Edit } from './edits.js';
import { decodePercent } from './file-url.js';
import type { Graph } from './follow.js';
import { knownText } from './pattern.js';
import type { Target } from './resolve.js';
import type { PathReference, Reference, TemplateReference } from './shape.js';

const queryOrHash = /[?#].*$/s;

/** The path each source has in the container: its own, with the extension of JavaScript. */
export function emittedPaths(sources: ReadonlyMap<string, Compiled>, files: ReadonlySet<string>): Map<string, string> {
  const taken = new Set([...sources.keys(), ...files]);
  const paths = new Map<string, string>();
  for (const { path, extension } of [...sources.values()].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const renamed = path.slice(0, path.length - extname(path).length) + extension;
    // a.ts beside an a.js that travels as well.
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
export function emit(
  source: Compiled,
  graph: Graph,
  emitted: ReadonlyMap<string, string>,
): { text: string; shifts: ColumnShift[] } {
  const { shape } = source;
  if (shape === null) return { text: source.code, shifts: [] };
  const edits = [
    ...shape.references.flatMap((each) => editsOfReference(source, each, graph, emitted)),
    ...shape.templates.flatMap((each) => editsOfTemplate(source, each, graph)),
    ...shape.paths.flatMap((each) => editsOfPath(source, each, graph, emitted)),
  ];
  return applyEdits(source.code, withoutOverlaps(edits));
}

function editsOfReference(source: Compiled, reference: Reference, graph: Graph, emitted: ReadonlyMap<string, string>): Edit[] {
  const target = graph.targets.get(reference);
  const isModule = target?.kind === 'file' && reference.kind === 'import' && graph.jsonModules.has(target.path);
  const edits: Edit[] = [];
  const specifier = target === undefined ? undefined : newSpecifier(source, reference, target, isModule, emitted);
  if (specifier !== undefined && specifier !== reference.specifier) {
    edits.push({ ...reference.range, text: JSON.stringify(specifier) });
  }
  if (isModule && reference.attributes !== null) {
    const { start, end } = reference.attributes;
    edits.push({ start, end, text: source.code.slice(start, end).replace(/[^\n;]/g, ' ') });
  }
  return edits;
}

function newSpecifier(
  source: Compiled,
  { kind, specifier, from }: Reference,
  target: Target,
  isModule: boolean,
  emitted: ReadonlyMap<string, string>,
): string | undefined {
  if (target.kind === 'nisher') return guestSpecifier(specifier);
  const path = target.kind === 'file' || target.kind === 'package' ? target.path : null;
  if (path === null) return undefined;
  const to = isModule ? emittedJsonPath(path) : (emitted.get(path) ?? path);
  const base = kind === 'require' ? from : source.path;
  // Node would find it as it is: nothing to change.
  const written = kind === 'require' ? specifier : decodePercent(specifier.replace(queryOrHash, ''));
  if (/^\.\.?\//.test(specifier) && resolve(dirname(base), written) === to) return undefined;
  const relativePath = relativeSpecifier(base, to);
  // Imports are percent-encoded, paths given to `require` are not.
  if (kind === 'require') return relativePath;
  const suffix = specifier.startsWith('.') || specifier.startsWith('file:') ? (queryOrHash.exec(specifier)?.[0] ?? '') : '';
  const isPart = suffix !== '' && path.includes(suffix);
  return encodePercent(relativePath) + (isPart ? '' : suffix);
}

function encodePercent(path: string): string {
  return path.replace(/[%?#\\\s]/g, encodeURIComponent);
}

/** How code in `from` names the file `to` by its relative path. */
function relativeSpecifier(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith('../') ? path : `./${path}`;
}

/** An alias becomes the folder that it stands for, and `.ts` at the end becomes `.js`. */
function editsOfTemplate(source: Compiled, template: TemplateReference, graph: Graph): Edit[] {
  const { pieces } = template;
  const first = pieces[0];
  const last = pieces.at(-1);
  const edits: Edit[] = [];
  const prefix = graph.aliasedFolders.get(template);
  if (prefix !== undefined && first?.node) {
    const folder = relativeSpecifier(template.from, prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
    edits.push(textEdit(source, first.node, folder + (prefix.endsWith('/') ? '/' : '')));
  }
  const extension = /\.([cm]?)tsx?$/.exec(last?.text ?? '');
  if (extension !== null && last?.node && last !== first) {
    edits.push(textEdit(source, last.node, `${last.text.slice(0, extension.index)}.${extension[1]}js`));
  }
  return edits;
}

/** `new URL('./worker.ts', import.meta.url)`, `join(__dirname, 'child.ts')`: what is run has the extension of JavaScript. */
function editsOfPath(source: Compiled, reference: PathReference, graph: Graph, emitted: ReadonlyMap<string, string>): Edit[] {
  const path = graph.runPaths.get(reference);
  const to = path === undefined ? undefined : emitted.get(path);
  if (path === undefined || to === undefined || reference.use === 'read' || knownText(reference.pieces) === to) return [];
  if (reference.urlLiteral !== null) {
    const { specifier, range } = reference.urlLiteral;
    const suffix = queryOrHash.exec(specifier)?.[0] ?? '';
    return [{ ...range, text: JSON.stringify(encodePercent(relativeSpecifier(source.path, to)) + suffix) }];
  }
  const last = reference.pieces.at(-1);
  const extension = extname(path);
  if (!last?.node || !last.text.endsWith(extension)) return [];
  const stem = last.text.slice(0, -extension.length);
  return [textEdit(source, last.node, stem + to.slice(path.length - extension.length))];
}

/** A string literal, or the text between two expressions of a template, replaced. */
function textEdit(source: Compiled, { type, start, end }: AnyNode, text: string): Edit {
  if (type !== 'TemplateElement') return { start, end, text: JSON.stringify(text) };
  const raw = text.replace(/[\\`]|\$\{/g, '\\$&');
  // Line breaks in it stay where they are.
  return { start, end, text: source.code.slice(start, end).includes('\n') ? source.code.slice(start, end) : raw };
}

/** The same literal may be seen as a part of two expressions: the first edit counts. */
function withoutOverlaps(edits: readonly Edit[]): Edit[] {
  const kept: Edit[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start >= (kept.at(-1)?.end ?? 0)) kept.push(edit);
  }
  return kept;
}
