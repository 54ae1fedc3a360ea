import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { type Archive, type ArchiveEntry, makeArchive } from './archive.js';
import { type Compiled, compile, compileJson } from './compile.js';
import { discover } from './discover.js';
import { emit, emittedJsonPath, emittedPaths, importedJson, looseFiles } from './emit.js';
import { GUEST_DIRECTORY } from './guest-specifier.js';
import { knownExports } from './known-exports.js';
import { makeStackMapper, type Origin } from './map-stack.js';
import { foreignAddon, missingModule, noModule } from './pack-problems.js';
import { scopePackageJsons } from './package-scopes.js';
import { PackError } from './payload.js';
import { commonFolder, projectFolders } from './project-folders.js';
import { existingSource, isInPackage, isUserSource, nearestPackageJson, typescriptConfigs } from './source-files.js';
import { type Traced, trace } from './trace.js';

/** A module with everything it needs, whichever of its exports is called. */
export interface PackedModule extends Archive {
  /** Relative to the archive's root. */
  readonly entry: string;
  /** Names of its exports; null when only loading it can tell (CommonJS, `export *` of a package). */
  readonly exports: readonly string[] | null;
  readonly mapStack: (stack: string) => string;
  /** Every file that was read for it. */
  readonly readFiles: readonly string[];
}

/** @throws PackError when the module is missing or does not compile, or something it imports is missing or foreign. */
export async function packModule(path: string): Promise<PackedModule> {
  const entry = await entryFile(path);
  const { sources, foundAsFile, asWritten, traced } = await gather(entry);
  const emitted = emittedPaths(sources);
  const files = new Map<string, ArchiveEntry>();
  const origins = new Map<string, Origin>();

  for (const each of [...traced.paths, ...asWritten]) {
    // Sources go in as compiled, below. One that was found as a file may also be read as such.
    if (!sources.has(each) || (foundAsFile.has(each) && emitted.get(each) !== each)) await addAsIs(files, each);
  }
  for (const [at, content] of scopePackageJsons([...sources.values()], asWritten)) {
    files.set(at, { kind: 'file', content: Buffer.from(content), executable: false });
  }
  for (const source of sources.values()) {
    const { text, shifts } = emit(source, emitted);
    const to = emitted.get(source.path) ?? source.path;
    files.set(to, { kind: 'file', content: Buffer.from(text), executable: await isExecutable(source.path) });
    origins.set(to, { path: source.path, map: source.map, shifts, extraLines: 0 });
  }
  const json = [...new Set([...sources.values()].flatMap(importedJson))];
  for (const { path: at, code } of await compileJson(json)) {
    files.set(emittedJsonPath(at), { kind: 'file', content: Buffer.from(code), executable: false });
  }
  const foreign = await foreignAddon(files.keys());
  if (foreign !== null) throw foreign;

  const root = commonFolder([...files.keys()]);
  const inArchive = (at: string) => relative(root, at);
  const entries = new Map([...files].map(([at, file]) => [inArchive(at), file]));
  if (traced.usesOwnName) entries.set('node_modules/nisher', { kind: 'symlink', target: GUEST_DIRECTORY });
  return {
    ...(await makeArchive(entries)),
    entry: inArchive(emitted.get(entry) ?? entry),
    exports: knownExports(entry, sources),
    mapStack: makeStackMapper(new Map([...origins].map(([at, origin]) => [inArchive(at), origin])), root),
    readFiles: [...new Set([entry, ...sources.keys(), ...traced.paths, ...asWritten, ...json, ...settings(sources)])],
  };
}

async function entryFile(path: string): Promise<string> {
  const found = existingSource(path);
  if (found === null) throw missingModule(path);
  const entry = await realpath(found);
  if (!(await stat(entry)).isFile() || !/\.(?:[cm]?[jt]s|[jt]sx)$/.test(entry)) throw noModule(path);
  return entry;
}

interface Gathered {
  readonly sources: ReadonlyMap<string, Compiled>;
  /** Those of them that code names by path, not by import. */
  readonly foundAsFile: ReadonlySet<string>;
  /** Files with names of sources that do not compile, and that no import leads to: data, perhaps. */
  readonly asWritten: ReadonlySet<string>;
  readonly traced: Traced;
}

/** The entry's sources, then what those load in ways esbuild does not follow, until nothing new is found. */
async function gather(entry: string): Promise<Gathered> {
  const sources = new Map<string, Compiled>();
  const foundAsFile = new Set<string>();
  const asWritten = new Set<string>();

  async function add(path: string): Promise<void> {
    const discovered = await discover(path);
    for (const known of sources.keys()) discovered.delete(known);
    for (const source of await compile(discovered)) sources.set(source.path, source);
  }

  if (!isInPackage(entry)) await add(entry);
  const isNew = (path: string) => isUserSource(path) && !sources.has(path) && !asWritten.has(path);
  for (;;) {
    const loose = [...sources.values()].flatMap(looseFiles);
    let found = loose.filter(isNew);
    if (found.length === 0) {
      const begin = [entry, ...sources.keys(), ...asWritten, ...loose];
      const traced = await trace(begin, sources, projectFolders([entry, ...sources.keys()]));
      found = [...traced.paths].filter(isNew);
      if (found.length === 0) return { sources, foundAsFile, asWritten, traced };
    }
    for (const path of new Set(found)) {
      foundAsFile.add(path);
      try {
        if (isNew(path)) await add(path);
      } catch (error) {
        if (!(error instanceof PackError)) throw error;
        asWritten.add(path);
      }
    }
  }
}

async function addAsIs(files: Map<string, ArchiveEntry>, path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) {
    // Straight to the end: folders on the link's own way may be links, which the archive does not have.
    files.set(path, { kind: 'symlink', target: relative(await realpath(dirname(path)), await realpath(path)) });
    return;
  }
  if (!stats.isFile()) return;
  files.set(path, { kind: 'file', content: await readFile(path), executable: (stats.mode & 0o100) !== 0 });
}

async function isExecutable(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o100) !== 0;
}

/** Files that decide how sources are compiled and resolved. */
function settings(sources: ReadonlyMap<string, Compiled>): string[] {
  return [...sources.keys()].flatMap((path) => [...typescriptConfigs(path), nearestPackageJson(path) ?? []].flat());
}
