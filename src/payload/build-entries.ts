import { dirname, join, posix } from 'node:path';
import { GUEST_DIRECTORY } from '../wire/guest-library.js';
import type { ArchiveEntry } from './archive.js';
import type { Budget } from './files/bounds.js';
import { type Gate, isBelow } from './files/gate.js';
import type { Layout } from './layout.js';
import type { Origin } from './map-stack.js';
import type { PackageLocation } from './packages/find-package.js';
import type { PackageSet } from './packages/gather-packages.js';
import { relativeLink } from './packages/layer-index.js';
import type { Compiled } from './sources/compile.js';
import { emit, emittedJsonPath, emittedPaths } from './sources/emit.js';
import type { Graph } from './sources/follow.js';
import { type Manifest, manifestForNode, nearestManifest } from './sources/manifest.js';
import type { Show } from './sources/source-names.js';

export interface BuildContext {
  readonly gate: Gate;
  readonly budget: Budget;
  readonly show: Show;
  readonly layout: Layout;
  readonly graph: Graph;
  readonly packages: PackageSet;
  /** Packages that own sources name, where they are looked for. */
  readonly named: readonly PackageLocation[];
}

export interface Built {
  /** By path relative to `/app`. */
  readonly entries: Map<string, ArchiveEntry>;
  readonly origins: Map<string, Origin>;
  /** The path of this machine that a source has once it is compiled. */
  readonly emitted: ReadonlyMap<string, string>;
}

/** Everything that travels in the archive. */
export function buildEntries(context: BuildContext): Built {
  const { gate, budget, show, layout, graph, packages } = context;
  const entries = new Map<string, ArchiveEntry>();
  const origins = new Map<string, Origin>();
  const emitted = emittedPaths(graph.sources, graph.files);

  const addBytes = (path: string, content: Uint8Array, executable: boolean) => {
    budget.countArchive(content.length);
    entries.set(layout.relative(path), { kind: 'file', content, executable });
  };
  const addAsIs = (path: string) => {
    const seen = gate.look(path);
    if (seen.kind === 'file') addBytes(path, gate.read(path), seen.executable);
  };

  for (const path of graph.files) addAsIs(path);
  for (const [link, to] of graph.links) entries.set(layout.relative(link), { kind: 'symlink', target: relativeLink(link, to) });
  for (const [path, text] of manifestsFor(gate, graph, emitted)) addBytes(path, Buffer.from(text), false);
  for (const source of graph.sources.values()) {
    const { text, shifts } = emit(source, graph, emitted);
    const to = emitted.get(source.path) ?? source.path;
    const seen = gate.look(source.path);
    addBytes(to, Buffer.from(text), seen.kind === 'file' && seen.executable);
    origins.set(layout.relative(to), { path: show(source.path), map: source.map, shifts, extraLines: 0 });
  }
  for (const [path, code] of graph.jsonModules) addBytes(emittedJsonPath(path), Buffer.from(code), false);
  if (layout.packagesFolder === '/app') {
    for (const { path } of packages.files) addAsIs(path);
    for (const [link, to] of packages.links) entries.set(layout.relative(link), linkTo(link, to));
  } else {
    for (const [path, target] of linksToLayer(context)) entries.set(path, { kind: 'symlink', target });
  }
  if (graph.usesNisher) {
    const at = join(gate.root, 'node_modules/nisher');
    entries.set(layout.relative(at), { kind: 'symlink', target: GUEST_DIRECTORY });
  }
  return { entries, origins, emitted };
}

function linkTo(link: string, to: string): ArchiveEntry {
  return { kind: 'symlink', target: to === GUEST_DIRECTORY ? to : relativeLink(link, to) };
}

/**
 * Links from where own sources look for packages to where the layer has them. A node_modules that only packages are in is one link; else
 * each package has its own.
 */
function linksToLayer({ gate, layout, graph, packages, named }: BuildContext): Map<string, string> {
  const links = new Map<string, string>();
  const inLayer = (path: string) => posix.join(layout.packagesFolder, layout.relative(path));
  const own = [...graph.sources.keys(), ...named.map(({ at }) => at)];
  const all = [...packages.links.keys(), ...packages.files.map(({ path }) => path), ...named.map(({ at }) => at)];
  for (const modules of new Set(all.map(outermostModules))) {
    const folder = dirname(modules);
    if (!own.some((path) => isBelow(folder, path))) continue;
    const isMixed =
      graph.usesNisher && modules === join(gate.root, 'node_modules')
        ? true
        : named.some(({ at, isOwn }) => isOwn && outermostModules(at) === modules);
    if (!isMixed) {
      links.set(layout.relative(modules), inLayer(modules));
      continue;
    }
    for (const at of new Set(
      all.filter((path) => outermostModules(path) === modules).map((path) => packageAt(modules, path)),
    )) {
      const isOwn = named.some((each) => each.at === at && each.isOwn);
      const to = packages.links.get(at);
      links.set(layout.relative(at), isOwn && to !== undefined ? relativeLink(at, to) : inLayer(at));
    }
  }
  return links;
}

/** The first `…/node_modules` of a path. */
function outermostModules(path: string): string {
  const end = path.indexOf('/node_modules/');
  return `${path.slice(0, Math.max(0, end))}/node_modules`;
}

/** `…/node_modules/NAME` of a path in that node_modules. */
function packageAt(modules: string, path: string): string {
  const [first = '', second = ''] = path.slice(modules.length + 1).split('/');
  return join(modules, first.startsWith('@') ? `${first}/${second}` : first);
}

/**
 * The package.json files that tell Node how to read the sources. One without `type` says `"type": "module"` in the container when all its
 * sources are ES modules: Node would find that out by itself, but with a warning on the function's stderr.
 */
function manifestsFor(gate: Gate, graph: Graph, emitted: ReadonlyMap<string, string>): Map<string, string> {
  const scopes = new Map<string, { manifest: Manifest; sources: Compiled[] }>();
  for (const source of graph.sources.values()) {
    const manifest = nearestManifest(gate, source.path);
    if (manifest === null) continue;
    const scope = scopes.get(manifest.folder) ?? { manifest, sources: [] };
    scopes.set(manifest.folder, scope);
    scope.sources.push(source);
  }
  const contents = new Map<string, string>();
  for (const { manifest, sources } of scopes.values()) {
    // Of one above the root the sources need the type alone, and it is looked for at the root.
    const folder = gate.isInRoot(manifest.folder) ? manifest.folder : gate.root;
    const path = join(folder, 'package.json');
    const inScope = sources.filter(({ extension }) => extension === '.js');
    const others = [...graph.files].some((file) => /\.[jt]sx?$/.test(file) && isBelow(folder, file));
    const isModule = manifest.type === null && !others && inScope.length > 0 && inScope.every(({ format }) => format === 'esm');
    const type = isModule ? 'module' : manifest.type;
    if (!graph.files.has(path)) contents.set(path, manifestForNode(manifest, type, emitted));
    else if (isModule) contents.set(path, withModuleType(gate.read(path).toString('utf8')));
  }
  return contents;
}

function withModuleType(text: string): string {
  return `${JSON.stringify({ ...(JSON.parse(text) as object), type: 'module' }, null, 2)}\n`;
}
