import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { PackOptions } from '../targets/target.js';
import { GUEST_DIRECTORY } from '../wire/guest-library.js';
import { type Archive, makeArchive } from './archive.js';
import { buildEntries } from './build-entries.js';
import { findEntry } from './entry-file.js';
import { MAX_PACKAGES_IN_ARCHIVE_IN_BYTES, openBudget } from './files/bounds.js';
import { type Fingerprint, statOrNull } from './files/fingerprint.js';
import { type Gate, isBelow, openGate, RefusedError } from './files/gate.js';
import { projectFolder } from './files/project-folder.js';
import { openInclude } from './include.js';
import { makeLayout } from './layout.js';
import type { Origin } from './map-stack.js';
import type { PackRequest } from './pack-request.js';
import { checkAddons } from './packages/check-addons.js';
import { findPackage, isInPackage, type PackageLocation } from './packages/find-package.js';
import { gatherPackages, type PackageSet } from './packages/gather-packages.js';
import { indexLayer, type PackedLayer, relativeLink } from './packages/layer-index.js';
import { PackError } from './payload.js';
import type { Compiler } from './sources/compiler.js';
import { type Follower, type Graph, makeFollower } from './sources/follow.js';
import { knownExports } from './sources/known-exports.js';
import { makeSourceProblems } from './sources/problems.js';
import { makeResolver, type Resolver } from './sources/resolve.js';
import type { Show } from './sources/source-names.js';
import { openTsConfigs } from './sources/tsconfig.js';

/** A module with everything it needs, whichever of its exports is called. Plain data: it crosses threads. */
export interface PackedModule extends Archive {
  /** Relative to `/app`. */
  readonly entry: string;
  /** The module as it was given, as messages show it. */
  readonly shownEntry: string;
  /** Names of its exports; null when only loading it can tell (CommonJS, `export *` of a package). */
  readonly exports: readonly string[] | null;
  /** Packages that are too large for the archive. */
  readonly layer: PackedLayer | null;
  /** Where the function starts, relative to `/app`. */
  readonly workingFolder: string;
  /** By path relative to `/app`. */
  readonly origins: ReadonlyMap<string, Origin>;
  readonly root: string;
  /** The folder that `/app` and `/packages` stand for. */
  readonly base: string;
  /** What sources, assets and the folders that were looked into looked like. */
  readonly watched: ReadonlyMap<string, Fingerprint>;
  /** The same of files of packages, as a line of JSON each: `[path, fingerprint]`. One buffer crosses threads sooner than 100,000 objects. */
  readonly watchedPackages: Uint8Array;
}

/** @throws PackError when the module is missing or does not compile, when something it imports is missing, or a bound is exceeded. */
export async function packModule(request: PackRequest, compiler: Compiler): Promise<PackedModule> {
  const places = placesOf(request);
  try {
    return await packFrom(places, request, compiler);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new PackError(`${places.show(error.path)} ${error.why}`, error.hint);
  }
}

async function packFrom({ root, entry, show }: Places, request: PackRequest, compiler: Compiler): Promise<PackedModule> {
  const { options } = request;
  const budget = openBudget();
  const gate = openGate(root, budget);
  const include = openInclude(gate, show, options.include);
  const configs = openTsConfigs(gate, (specifier, from) => configInPackage(gate, specifier, from));
  const resolver = makeResolver(gate, configs);
  const problems = makeSourceProblems(gate, show);
  const workingFolder = request.workingFolder === null ? null : belowRoot(root, request.workingFolder);
  const { excludes } = include;
  const follower = makeFollower({ gate, compiler, configs, resolver, problems, excludes, workingFolder });

  const own = isInPackage(entry) ? packageOf(gate, entry) : null;
  if (own === null) follower.add(entry, true);
  for (const path of include.files()) follower.addFile(path);
  const extra = [...(own === null ? [] : [own]), ...packagesByName(gate, entry, options)];
  const { graph, packages } = await followAll(follower, resolver, gate, extra, excludedPackages(options));
  checkAddons(gate, show, [...graph.files, ...packages.files.map(({ path }) => path)]);

  const layout = makeLayout(root, packages, packages.sizeInBytes > MAX_PACKAGES_IN_ARCHIVE_IN_BYTES);
  const named = [...graph.packages, ...extra];
  const { entries, origins, emitted } = buildEntries({ gate, budget, show, layout, graph, packages, named });
  const linkTarget = (link: string, to: string) => {
    if (to === GUEST_DIRECTORY) return to;
    return isOwnFolder(packages, to) ? join('/app', layout.relative(to)) : relativeLink(link, to);
  };
  const isLayered = layout.packagesFolder !== '/app';
  const entryInApp = own === null ? (emitted.get(entry) ?? entry) : join(own.at, entry.slice(own.folder.length));
  return {
    ...(await makeArchive(entries)),
    entry: layout.relative(entryInApp),
    shownEntry: show(request.path),
    exports: knownExports(entry, graph),
    layer: isLayered ? indexLayer(gate, budget, packages, layout.relative, linkTarget) : null,
    workingFolder: layout.relative(workingFolder ?? root),
    origins,
    root,
    base: layout.base,
    ...splitWatched(gate.watched),
  };
}

interface Places {
  readonly root: string;
  readonly entry: string;
  readonly show: Show;
}

function placesOf({ path, options }: PackRequest): Places {
  const shownRoot = options.root === null ? projectFolder(path) : realRoot(options.root);
  const show: Show = options.paths === 'absolute' ? (each) => each : (each) => relative(shownRoot, each);
  const entry = findEntry(path, show);
  // The project is that of the module itself, where the path leads to it by a link.
  const root = options.root === null ? realpathSync.native(projectFolder(entry)) : shownRoot;
  if (isBelow(root, entry)) return { root, entry, show: options.paths === 'absolute' ? show : (each) => relative(root, each) };
  throw new PackError(`${show(entry)} is outside of the root ${show(root)}`, 'Set `root` to a folder that holds the module');
}

function realRoot(root: string): string {
  if (statOrNull(root)?.isDirectory()) return realpathSync.native(root);
  throw new PackError(`\`root\` names ${root}, which is not a folder`, 'Give the folder of the project');
}

function belowRoot(root: string, folder: string): string | null {
  try {
    const real = realpathSync.native(folder);
    return isBelow(root, real) ? real : null;
  } catch {
    return null;
  }
}

/** Follows sources and packages until neither leads to more: a package may depend on one of the workspace, whose sources are one's own. */
async function followAll(
  follower: Follower,
  resolver: Resolver,
  gate: Gate,
  extra: readonly PackageLocation[],
  excluded: ReadonlySet<string>,
): Promise<{ graph: Graph; packages: PackageSet }> {
  const followed = new Set<string>();
  for (;;) {
    const graph = await follower.finish();
    const packages = gatherPackages(gate, [...graph.packages, ...extra], excluded);
    const more = packages.own.filter(({ folder }) => !followed.has(folder));
    if (more.length === 0) return { graph, packages };
    for (const { name, at, folder } of more) {
      followed.add(folder);
      const from = `${at.slice(0, at.lastIndexOf('/node_modules/'))}/index.js`;
      for (const kind of ['import', 'require'] as const) {
        const target = await resolver.resolve(name, from, kind);
        if (target.kind === 'file') follower.add(target.path, false);
      }
    }
  }
}

function isOwnFolder({ own }: PackageSet, folder: string): boolean {
  return own.some((each) => each.folder === folder);
}

/** The package that a module within node_modules is of. */
function packageOf(gate: Gate, entry: string): PackageLocation | null {
  const [, folder = '', name = ''] = /^(.*)\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(entry) ?? [];
  return findPackage(gate, name, folder === '' ? '/' : folder);
}

function packagesByName(gate: Gate, entry: string, { packages }: PackOptions): PackageLocation[] {
  return packages
    .filter((each) => !each.startsWith('!'))
    .map((name) => {
      const found = findPackage(gate, name, join(entry, '..'));
      if (found !== null) return found;
      throw new PackError(`\`packages\` names \`${name}\`, which is not installed`, `Install it: npm install ${name}`);
    });
}

function excludedPackages({ packages }: PackOptions): ReadonlySet<string> {
  return new Set(packages.filter((each) => each.startsWith('!')).map((each) => each.slice(1)));
}

/** A configuration that tsconfig.json extends by the name of its package. */
function configInPackage(gate: Gate, specifier: string, from: string): string | null {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const location = findPackage(gate, name, join(from, '..'));
  if (location === null) return null;
  gate.admit(location.folder);
  const at = join(location.folder, specifier.slice(name.length));
  return [at, `${at}.json`, join(at, 'tsconfig.json')].find((each) => gate.look(each).kind === 'file') ?? null;
}

/** What is in a package is looked at again with a new wrapper only: it may be 100,000 files. */
export function splitWatched(all: ReadonlyMap<string, Fingerprint>): Pick<PackedModule, 'watched' | 'watchedPackages'> {
  const entries = [...all];
  return {
    watched: new Map(entries.filter(([path]) => !isInsidePackage(path))),
    watchedPackages: new TextEncoder().encode(
      entries
        .filter(([path]) => isInsidePackage(path))
        .map((entry) => JSON.stringify(entry))
        .join('\n'),
    ),
  };
}

/** A file or folder of a package, but for its package.json: whatever installs another version writes that. */
function isInsidePackage(path: string): boolean {
  const [, within = ''] = /^(?:@[^/]+\/)?[^/]+\/(.*)$/.exec(path.slice(path.lastIndexOf(MODULES) + MODULES.length)) ?? [];
  return path.includes(MODULES) && within !== '' && within !== 'package.json';
}

const MODULES = '/node_modules/';
