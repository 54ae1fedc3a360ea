import { dirname, join } from 'node:path';
import { GUEST_DIRECTORY, isOwnName } from '../../wire/guest-library.js';
import { inMegabytes, MAX_FOLDER_DEPTH, MAX_PACKAGE_FILE_IN_BYTES } from '../files/bounds.js';
import { type Gate, isBelow } from '../files/gate.js';
import { BoundError } from '../payload.js';
import { type Manifest, manifestOf } from '../sources/manifest.js';
import { findPackage, isInPackage, type PackageLocation } from './find-package.js';

/** The packages that travel, with all their files. Paths are absolute ones of this machine. */
export interface PackageSet {
  readonly files: readonly PackageFile[];
  /** By the link's path: the absolute path that it leads to. */
  readonly links: ReadonlyMap<string, string>;
  readonly sizeInBytes: number;
  /** Packages of the workspace that others depend on. */
  readonly own: readonly PackageLocation[];
}

export interface PackageFile {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
}

/** Folders of a package's that are not part of it: other packages, which travel by themselves, and what npm never publishes. */
const notPublished: readonly string[] = ['node_modules', '.git'];

/** pnpm, and Yarn's linker of that name, give each package a node_modules of its own, which has its dependencies and nothing else. */
const VIRTUAL_STORE = /\/node_modules\/\.(?:pnpm|store)\/[^/]+\/node_modules\//;

/** Packages that load another one which their package.json does not name. */
const undeclared: Readonly<Record<string, readonly string[]>> = {
  // `prisma generate` puts the client there.
  '@prisma/client': ['.prisma'],
};

/**
 * The whole folders of packages, and those of their `dependencies`, `optionalDependencies` and `peerDependencies`, as Node would find them.
 * What is not installed is left out: Node says so if it is asked for.
 * @param excluded Names of packages that stay behind.
 */
export function gatherPackages(gate: Gate, wanted: readonly PackageLocation[], excluded: ReadonlySet<string>): PackageSet {
  const files: PackageFile[] = [];
  const links = new Map<string, string>();
  const folders = new Set<string>();
  const own = new Map<string, PackageLocation>();
  const pending = [...wanted];
  let sizeInBytes = 0;
  for (let location = pending.pop(); location !== undefined; location = pending.pop()) {
    const { name, at, folder, isOwn } = location;
    if (excluded.has(name)) continue;
    if (isOwnName(name)) {
      links.set(at, GUEST_DIRECTORY);
      continue;
    }
    if (at !== folder) links.set(at, folder);
    if (isOwn) own.set(folder, location);
    if (folders.has(folder) || isOwn) continue;
    folders.add(folder);
    gate.admit(folder);
    const manifest = manifestOf(gate, folder);
    if (manifest !== null && !isForContainers(manifest)) continue;
    for (const file of filesOf(gate, folder, links)) {
      files.push(file);
      sizeInBytes += file.size;
    }
    for (const dependency of dependenciesOf(name, manifest)) {
      const found = findPackage(gate, dependency, folder);
      if (found !== null) pending.push(found);
    }
    // What is installed in a package, or for it alone, is there because it needs it.
    if (isInPackage(folder)) pending.push(...packagesIn(gate, join(folder, 'node_modules')));
    const [store] = VIRTUAL_STORE.exec(folder) ?? [];
    if (store !== undefined)
      pending.push(...packagesIn(gate, `${folder.slice(0, folder.lastIndexOf('/node_modules/'))}/node_modules`));
  }
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), links, sizeInBytes, own: [...own.values()] };
}

/** Whether npm would install it on Linux, with this processor: the rest of an installation for several platforms stays behind. */
function isForContainers({ os, cpu }: Manifest): boolean {
  return includesOrAll(os, 'linux') && includesOrAll(cpu, process.arch);
}

function includesOrAll(names: readonly string[], name: string): boolean {
  if (names.includes(`!${name}`)) return false;
  return names.includes(name) || names.every((each) => each.startsWith('!'));
}

/** The packages of one node_modules folder. */
function packagesIn(gate: Gate, modules: string): PackageLocation[] {
  const names = gate.list(modules).flatMap(({ name }) => {
    if (!name.startsWith('@')) return name.startsWith('.') ? [] : [name];
    return gate.list(join(modules, name)).map((inScope) => `${name}/${inScope.name}`);
  });
  return names.flatMap((name) => findPackage(gate, name, dirname(modules)) ?? []);
}

function dependenciesOf(name: string, manifest: Manifest | null): Set<string> {
  return new Set([
    ...(undeclared[name] ?? []),
    ...(manifest === null ? [] : [...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies]),
  ]);
}

/** The files of one package; links that stay in it are added to `links`. */
function filesOf(gate: Gate, folder: string, links: Map<string, string>): PackageFile[] {
  const files: PackageFile[] = [];
  const pending: [folder: string, depth: number][] = [[folder, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [current, depth] = next;
    if (depth > MAX_FOLDER_DEPTH) {
      throw new BoundError(
        `${current} is more than ${MAX_FOLDER_DEPTH} folders deep`,
        `Leave its package out with \`packages: ['!name']\``,
      );
    }
    for (const { name, kind } of gate.list(current)) {
      const path = join(current, name);
      if (kind === 'folder' && !notPublished.includes(name)) pending.push([path, depth + 1]);
      if (kind === 'file') files.push(fileAt(gate, path));
      if (kind === 'link') {
        const seen = gate.look(path);
        if ((seen.kind === 'file' || seen.kind === 'folder') && isBelow(folder, seen.real)) links.set(path, seen.real);
      }
    }
  }
  return files;
}

function fileAt(gate: Gate, path: string): PackageFile {
  const { size, executable } = gate.statFile(path);
  if (size > MAX_PACKAGE_FILE_IN_BYTES) {
    throw new BoundError(
      `${path} has ${inMegabytes(size)}: at most ${inMegabytes(MAX_PACKAGE_FILE_IN_BYTES)} of a package's file can travel`,
      "Leave its package out with `packages: ['!name']`",
    );
  }
  return { path, size, executable };
}
