import { dirname, join, relative } from 'node:path';
import { MAX_CONFIG_IN_BYTES } from '../files/bounds.js';
import type { Gate } from '../files/gate.js';

/** What packing needs of a package.json. */
export interface Manifest {
  /** Absolute path of the folder that it describes. */
  readonly folder: string;
  readonly name: string | null;
  readonly type: 'module' | 'commonjs' | null;
  readonly main: string | null;
  readonly exports: unknown;
  readonly imports: unknown;
  /** Names of packages by the field that they are in. */
  readonly dependencies: readonly string[];
  readonly optionalDependencies: readonly string[];
  readonly peerDependencies: readonly string[];
  /** Platforms and processors that it is for, as npm reads them; empty: all. */
  readonly os: readonly string[];
  readonly cpu: readonly string[];
}

/** The package.json of a folder; null when there is none that is well-formed. */
export function manifestOf(gate: Gate, folder: string): Manifest | null {
  const path = join(folder, 'package.json');
  if (gate.look(path).kind !== 'file') return null;
  return parseManifest(folder, gate.read(path, MAX_CONFIG_IN_BYTES));
}

/**
 * The nearest one above a file, which says how Node reads it. Above the root it is looked at for its `type` alone, as nothing else of it is
 * the module's.
 */
export function nearestManifest(gate: Gate, file: string): Manifest | null {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (folder.endsWith('/node_modules')) return null;
    const manifest = gate.isInRoot(folder) ? manifestOf(gate, folder) : manifestAbove(gate, folder);
    if (manifest !== null) return manifest;
    if (folder === dirname(folder)) return null;
  }
}

function manifestAbove(gate: Gate, folder: string): Manifest | null {
  const bytes = gate.readAbove(join(folder, 'package.json'), MAX_CONFIG_IN_BYTES);
  const manifest = bytes === null ? null : parseManifest(folder, bytes);
  return manifest && { ...emptyManifest, folder, type: manifest.type };
}

const emptyManifest = {
  name: null,
  type: null,
  main: null,
  exports: undefined,
  imports: undefined,
  dependencies: [],
  optionalDependencies: [],
  peerDependencies: [],
  os: [],
  cpu: [],
};

function parseManifest(folder: string, bytes: Buffer): Manifest | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    // Node will say what is wrong with it.
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || isDeep(parsed)) return null;
  const field = (name: string): unknown =>
    Object.hasOwn(parsed, name) ? (parsed as Record<string, unknown>)[name] : undefined;
  const text = (name: string) => (typeof field(name) === 'string' ? (field(name) as string) : null);
  const names = (name: string) => {
    const value = field(name);
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  };
  const texts = (name: string) => [field(name) ?? []].flat().filter((each) => typeof each === 'string');
  const type = text('type');
  return {
    folder,
    name: text('name'),
    type: type === 'module' || type === 'commonjs' ? type : null,
    main: text('main'),
    exports: field('exports'),
    imports: field('imports'),
    dependencies: names('dependencies'),
    optionalDependencies: names('optionalDependencies'),
    peerDependencies: names('peerDependencies'),
    os: texts('os'),
    cpu: texts('cpu'),
  };
}

/** `exports` and `imports` are walked: Node's own are some levels deep. */
const MAX_DEPTH = 100;

function isDeep(value: object): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

/**
 * The package.json that travels with sources: what Node reads of it.
 * @param emitted Paths of sources that have another name in the container.
 */
export function manifestForNode(manifest: Manifest, type: Manifest['type'], emitted: ReadonlyMap<string, string>): string {
  const { folder, name, main, exports, imports } = manifest;
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const to = emitted.get(join(folder, value));
      return to === undefined ? value : `./${relative(folder, to)}`;
    }
    if (Array.isArray(value)) return value.map(renamed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renamed(each)]));
  };
  const fields = {
    name: name ?? undefined,
    type: type ?? undefined,
    main: main === null ? undefined : renamed(main),
    exports: renamed(exports),
    imports: renamed(imports),
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}
