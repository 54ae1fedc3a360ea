import { join, posix, relative } from 'node:path';
import { MAX_SOURCE_TEXT_IN_BYTES } from '../targets/from-source.js';
import { GUEST_DIRECTORY } from '../wire/guest-library.js';
import { CODE_DIRECTORY, PACKAGES_DIRECTORY } from '../wire/protocol.js';
import { type Archive, type ArchiveEntry, makeArchive } from './archive.js';
import { type Budget, MAX_PACKAGES_IN_ARCHIVE_IN_BYTES, openBudget } from './files/bounds.js';
import { type Fingerprint, fingerprintOf } from './files/fingerprint.js';
import { type Gate, NO_ROOT, openGate, RefusedError, readNamedFile } from './files/gate.js';
import { openInclude } from './include.js';
import { makeLayout } from './layout.js';
import { splitWatched } from './pack-module.js';
import { checkAddons } from './packages/check-addons.js';
import { findPackage, type PackageLocation } from './packages/find-package.js';
import { gatherPackages, type PackageSet } from './packages/gather-packages.js';
import { indexLayer, type PackedLayer, relativeLink } from './packages/layer-index.js';
import { PackError } from './payload.js';

/** What travels with source text. Plain data: it crosses threads. */
export interface SourceRequest {
  /** The texts, by path. They are not looked at here. */
  readonly texts: Readonly<Record<string, string>>;
  /** A file of the caller's whose text is another one: where it is, and its path among them. */
  readonly file: { readonly from: string; readonly path: string } | null;
  /** Names of packages of the caller's. */
  readonly packages: readonly string[];
  readonly resolveFrom: string;
  /** Globs of files of the caller's, relative to the root. */
  readonly include: readonly string[];
  readonly root: string | null;
  readonly packTimeInS: number;
}

export interface PackedSource extends Archive {
  /** Paths of texts, and of included files that are sources. */
  readonly sources: readonly string[];
  readonly layer: PackedLayer | null;
  readonly watched: ReadonlyMap<string, Fingerprint>;
  readonly watchedPackages: Uint8Array;
}

/** Where packages are in the archive: a package.json or a module of the text's own is not in their way. */
const ARCHIVED_PACKAGES = '.packages';

/** What compiling may add to the size of a text, with its source map: an enum of names of two letters has 25 times its size. */
const COMPILED_FACTOR = 32;

const show = (path: string) => path;

/** The archive of source text, with the packages and files that the caller names. Nothing else of this machine is read. */
export async function packSource(request: SourceRequest): Promise<PackedSource> {
  const budget = openBudget();
  const entries = new Map<string, ArchiveEntry>();
  const watched = new Map<string, Fingerprint>();
  const add = (path: string, content: Uint8Array, executable: boolean) => {
    budget.countArchive(content.length);
    entries.set(path, { kind: 'file', content, executable });
  };
  const layer = addPackages(request, budget, entries, add, watched);
  const included = addIncluded(request, budget, add, watched);
  // Last: the text itself comes before a file of the same name.
  const texts = [...Object.entries(request.texts), ...readEntry(request, watched)];
  for (const [path, text] of texts) add(path, Buffer.from(text), false);
  const sources = new Set([...texts.map(([path]) => path), ...included.filter(isSource)]);
  const archive = await makeArchive(entries);
  const unpackedInBytes = archive.unpackedInBytes + COMPILED_FACTOR * sizeOf(texts);
  return { ...archive, unpackedInBytes, sources: [...sources], layer, ...splitWatched(watched) };
}

function sizeOf(texts: readonly (readonly [string, string | Buffer])[]): number {
  return texts.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
}

type Add = (path: string, content: Uint8Array, executable: boolean) => void;

function isSource(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path) && !/\.d\.[cm]?ts$/.test(path) && !path.includes('node_modules/');
}

function readEntry({ file }: SourceRequest, watched: Map<string, Fingerprint>): [string, Buffer][] {
  if (file === null) return [];
  try {
    const bytes = readNamedFile(file.from, MAX_SOURCE_TEXT_IN_BYTES);
    watched.set(file.from, fingerprintOf(file.from));
    return [[file.path, bytes]];
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new PackError(error.message, 'Give a file of source text, or `-` for the text on stdin');
  }
}

/** @returns paths of the files, as they are in the archive */
function addIncluded({ include, root }: SourceRequest, budget: Budget, add: Add, watched: Map<string, Fingerprint>): string[] {
  if (include.length === 0 || root === null) return [];
  const gate = openGate(root, budget);
  const files = openInclude(gate, show, include).files();
  for (const path of files) {
    const seen = gate.look(path);
    add(relative(root, path), gate.read(path), seen.kind === 'file' && seen.executable);
  }
  for (const each of gate.watched) watched.set(...each);
  return files.map((path) => relative(root, path));
}

function addPackages(
  { packages, resolveFrom }: SourceRequest,
  budget: Budget,
  entries: Map<string, ArchiveEntry>,
  add: Add,
  watched: Map<string, Fingerprint>,
): PackedLayer | null {
  if (packages.length === 0) return null;
  const gate = openGate(NO_ROOT, budget);
  const named = packages.map((name) => locate(gate, name, resolveFrom));
  const set = gatherPackages(gate, named, new Set());
  checkAddons(
    gate,
    show,
    set.files.map(({ path }) => path),
  );
  const isLayered = set.sizeInBytes > MAX_PACKAGES_IN_ARCHIVE_IN_BYTES;
  const layout = makeLayout(null, set, isLayered);
  const folder = isLayered ? PACKAGES_DIRECTORY : posix.join(CODE_DIRECTORY, ARCHIVED_PACKAGES);
  for (const { name, at } of named) {
    entries.set(`node_modules/${name}`, { kind: 'symlink', target: posix.join(folder, layout.relative(at)) });
  }
  if (!isLayered) addToArchive(gate, set, layout.relative, entries, add);
  const layer = isLayered ? indexLayer(gate, budget, set, layout.relative, linkTarget) : null;
  for (const each of gate.watched) watched.set(...each);
  return layer;
}

function addToArchive(
  gate: Gate,
  { files, links }: PackageSet,
  relativePath: (path: string) => string,
  entries: Map<string, ArchiveEntry>,
  add: Add,
): void {
  for (const { path, executable } of files) add(join(ARCHIVED_PACKAGES, relativePath(path)), gate.read(path), executable);
  for (const [link, to] of links) {
    entries.set(join(ARCHIVED_PACKAGES, relativePath(link)), { kind: 'symlink', target: linkTarget(link, to) });
  }
}

function linkTarget(link: string, to: string): string {
  return to === GUEST_DIRECTORY ? to : relativeLink(link, to);
}

function locate(gate: Gate, name: string, from: string): PackageLocation {
  const found = findPackage(gate, name, from);
  if (found !== null) return found;
  throw new PackError(`\`packages\` names \`${name}\`, which is not installed`, `Install it: npm install ${name}`);
}
