import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exports as exportsOf, imports as importsOf } from 'resolve.exports';
import { guestSpecifier, isOwnName } from '../../wire/guest-library.js';
import type { Gate, Seen } from '../files/gate.js';
import { findPackage, isInPackage, type PackageLocation, packageNameOf } from '../packages/find-package.js';
import { decodePercent } from './file-url.js';
import { type Manifest, manifestOf, nearestManifest } from './manifest.js';
import { sourceNames } from './source-names.js';
import { aliasTargets, type TsConfigs } from './tsconfig.js';

/** What a specifier in a source of one's own leads to. */
export type Target =
  /** A module of Node's, the guest's nisher, a `data:` URL: it is there in the container. */
  | { readonly kind: 'there' }
  /** This library: the container has the guest's version. */
  | { readonly kind: 'nisher' }
  /** A file of one's own, by its real path. */
  | { readonly kind: 'file'; readonly path: string }
  /** A package, which travels whole. `path`: the file of it that a path or an alias names; null when it is named as a package. */
  | { readonly kind: 'package'; readonly location: PackageLocation; readonly path: string | null; readonly isMissing: boolean }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly path: string; readonly why: string };

export type LoadKind = 'import' | 'require';

export interface Resolver {
  /** What code in the file `from` means by `specifier`. */
  resolve(specifier: string, from: string, kind: LoadKind): Promise<Target>;
  /** What a path names: the file itself, or the TypeScript source that it is compiled from. */
  fileAt(path: string): Target;
}

/** What may be left out, in the order in which it is tried. */
const leftOut = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json', '.node'];

const THERE: Target = { kind: 'there' };
const MISSING: Target = { kind: 'missing' };

export function makeResolver(gate: Gate, configs: TsConfigs): Resolver {
  /** The first of the paths that is a file, or the first that may not be read. */
  function firstOf(paths: readonly string[]): Target {
    let refused: Target = MISSING;
    for (const path of paths) {
      const seen = gate.look(path);
      if (seen.kind === 'file') return targetOf(seen);
      if (seen.kind === 'refused' && refused === MISSING) refused = { kind: 'refused', path, why: seen.why };
    }
    return refused;
  }

  function targetOf({ real }: Seen & { kind: 'file' }): Target {
    if (!isInPackage(real)) return { kind: 'file', path: real };
    const location = packageAround(gate, real);
    if (location === null) return { kind: 'file', path: real };
    return { kind: 'package', location, path: join(location.at, real.slice(location.folder.length)), isMissing: false };
  }

  /** A path as code writes it: with its extension, without, or a folder. */
  function probe(path: string): Target {
    const exact = path.endsWith('/') ? MISSING : firstOf(sourceNames(path));
    if (exact.kind !== 'missing')
      return exact.kind === 'refused' && gate.look(path).kind === 'folder' ? probeFolder(path) : exact;
    const extended = path.endsWith('/') ? MISSING : firstOf(leftOut.map((each) => path + each));
    return extended.kind === 'missing' ? probeFolder(path) : extended;
  }

  function probeFolder(path: string): Target {
    if (gate.look(path).kind !== 'folder') return MISSING;
    const main = manifestOf(gate, path)?.main;
    if (main !== null && main !== undefined) {
      const target = probe(resolve(path, main));
      if (target.kind !== 'missing') return target;
    }
    return firstOf(leftOut.map((each) => join(path, `index${each}`)));
  }

  /** A relative import of an ES module is a URL: `%20`, `?query`, `#hash`. Bundlers take it for a path, and so does `require`. */
  function probeRelative(specifier: string, from: string, kind: LoadKind): Target {
    const asPath = isAbsolute(specifier) ? specifier : join(dirname(from), specifier);
    const asUrl = kind === 'import' ? decodePercent(asPath.replace(/[?#].*$/s, '')) : asPath;
    const target = probe(asUrl);
    return target.kind === 'missing' && asUrl !== asPath ? probe(asPath) : target;
  }

  /** The first path of a package.json's `exports` or `imports` that is there. */
  function inManifest(manifest: Manifest, entry: string, kind: LoadKind): Target | string | null {
    const options = { require: kind === 'require', conditions: ['node', 'module-sync', 'node-addons'] };
    let paths: readonly string[];
    try {
      const fields = { name: manifest.name ?? '', exports: manifest.exports, imports: manifest.imports };
      paths = (entry.startsWith('#') ? importsOf(fields, entry, options) : exportsOf(fields, entry, options)) ?? [];
    } catch {
      // Not among them, or none for these conditions.
      return null;
    }
    const [first] = paths;
    if (first !== undefined && !first.startsWith('./')) return first;
    return firstOf(paths.flatMap((path) => sourceNames(join(manifest.folder, path))));
  }

  async function resolveBare(specifier: string, from: string, kind: LoadKind): Promise<Target> {
    const manifest = nearestManifest(gate, from);
    if (specifier.startsWith('#')) {
      const target = manifest === null ? null : inManifest(manifest, specifier, kind);
      return typeof target === 'string'
        ? await resolver.resolve(target, from, kind)
        : (target ?? (await byAlias(specifier, from)));
    }
    const alias = await byAlias(specifier, from);
    if (alias.kind !== 'missing') return alias;
    const name = packageNameOf(specifier);
    const subpath = `.${specifier.slice(name.length)}`;
    if (manifest !== null && manifest.name === name && manifest.exports !== undefined) {
      const target = inManifest(manifest, subpath, kind);
      if (target !== null && typeof target !== 'string') return target;
    }
    const location = findPackage(gate, name, dirname(from));
    if (location === null) return MISSING;
    return location.isOwn ? inOwnPackage(location, subpath, kind) : ofPackage(location, subpath, kind);
  }

  async function byAlias(specifier: string, from: string): Promise<Target> {
    const config = await configs.for(from);
    const candidates = aliasTargets(config, specifier);
    if (config.baseUrl !== null) candidates.push(join(config.baseUrl, specifier));
    for (const candidate of candidates) {
      const target = probe(candidate);
      if (target.kind !== 'missing') return target;
    }
    return MISSING;
  }

  /** A package of the workspace: its sources are one's own. */
  function inOwnPackage({ folder }: PackageLocation, subpath: string, kind: LoadKind): Target {
    const manifest = manifestOf(gate, folder);
    if (manifest === null || manifest.exports === undefined) return probe(join(folder, subpath));
    const target = inManifest(manifest, subpath, kind);
    return target === null || typeof target === 'string' ? MISSING : target;
  }

  /** Node resolves it in the container; here one only asks whether it will find something. */
  function ofPackage(location: PackageLocation, subpath: string, kind: LoadKind): Target {
    gate.admit(location.folder);
    const manifest = manifestOf(gate, location.folder);
    const found =
      manifest === null || manifest.exports === undefined
        ? probeInPackage(location.folder, subpath)
        : inManifest(manifest, subpath, kind);
    const isMissing = found === null || (typeof found !== 'string' && found.kind === 'missing');
    return { kind: 'package', location, path: null, isMissing };
  }

  /** Node's own extensions; a folder's `main` may lack one, too. */
  function probeInPackage(folder: string, subpath: string): Target {
    const path = join(folder, subpath);
    const main = manifestOf(gate, path)?.main ?? null;
    const stems = [...(main === null ? [] : [join(path, main), join(path, main, 'index')]), path, join(path, 'index')];
    return firstOf(stems.flatMap((stem) => ['', '.js', '.json', '.node', '.mjs', '.cjs'].map((each) => stem + each)));
  }

  const resolver: Resolver = {
    async resolve(specifier, from, kind) {
      if (guestSpecifier(specifier) !== undefined || isOwnName(specifier)) return { kind: 'nisher' };
      if (isBuiltin(specifier) || /^(?:data|https?|node|bun):/.test(specifier))
        return isBuiltin(specifier) ? THERE : absent(specifier);
      if (specifier.startsWith('file:')) return byUrl(specifier);
      if (isAbsolute(specifier) || /^\.{1,2}(?:\/|$)/.test(specifier)) return probeRelative(specifier, from, kind);
      return await resolveBare(specifier, from, kind);
    },
    fileAt: (path) => firstOf(sourceNames(path)),
  };

  function byUrl(specifier: string): Target {
    try {
      return probe(fileURLToPath(specifier.replace(/[?#].*$/s, '')));
    } catch {
      return MISSING;
    }
  }
  return resolver;
}

/** A URL that needs no file; and modules of other runtimes, which code asks for behind a condition. */
function absent(specifier: string): Target {
  return /^(?:data|https?):/.test(specifier) ? THERE : MISSING;
}

/** The package that a file within node_modules is of. */
function packageAround(gate: Gate, real: string): PackageLocation | null {
  const found = /^(.*\/node_modules\/)((?:@[^/]+\/)?[^/]+)\//.exec(real);
  if (found === null) return null;
  const [, parent = '', name = ''] = found;
  return findPackage(gate, name, dirname(parent));
}
