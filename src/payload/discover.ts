import { isBuiltin } from 'node:module';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OnResolveArgs, OnResolveResult, PluginBuild } from 'esbuild';
import { isOwnName } from './guest-specifier.js';
import { buildProblem } from './pack-problems.js';
import { isInPackage, isUserSource } from './source-files.js';

/** What a specifier in a user's source leads to. */
export type Target =
  /** Another source of the user's. */
  | { readonly kind: 'source'; readonly path: string }
  /** Any other file that the specifier, as it stands, would not lead Node to. */
  | { readonly kind: 'file'; readonly path: string };

export interface Discovered {
  /** What esbuild took it for; null when it has neither imports, exports nor `require`. */
  readonly syntax: 'esm' | 'cjs' | null;
  /** By {@link targetKey}. What is not in here stays as it is: packages, built-in modules, what is not there. */
  readonly targets: Map<string, Target>;
}

export function targetKey(kind: 'import' | 'require', specifier: string): string {
  return `${kind} ${specifier}`;
}

/**
 * Finds the user's own sources that `entry` leads to, as esbuild resolves them: `paths` of tsconfig.json, extensions left out,
 * `.js` for `.ts`, links into a workspace.
 * @throws PackError when one does not compile or an import leads nowhere.
 */
export async function discover(entry: string): Promise<Map<string, Discovered>> {
  const { build } = await import('esbuild');
  const found = new Map<string, Discovered>();
  const targets = new Map<string, Map<string, Target>>();
  try {
    const { metafile } = await build({
      absWorkingDir: '/',
      entryPoints: [entry],
      outdir: '/',
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: `node${process.versions.node}`,
      conditions: ['module-sync', 'node-addons'],
      resolveExtensions: ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json', '.node'],
      logLevel: 'silent',
      plugins: [{ name: 'record', setup: (esbuild) => recordTargets(esbuild, targets) }],
    });
    for (const [name, input] of Object.entries(metafile.inputs)) {
      const path = `/${name}`;
      if (!isUserSource(path)) continue;
      found.set(path, { syntax: input.format ?? null, targets: targets.get(path) ?? new Map() });
    }
  } catch (error) {
    throw buildProblem(error);
  }
  return found;
}

/** Marks the requests that the plugin itself sends. */
const ASKED = Symbol('asked');

function recordTargets(esbuild: PluginBuild, targets: Map<string, Map<string, Target>>): void {
  esbuild.onResolve({ filter: /.*/ }, async (args): Promise<OnResolveResult | undefined> => {
    if (args.pluginData === ASKED || args.kind === 'entry-point') return undefined;
    const specifier = args.path;
    const external = { path: specifier, external: true };
    if (isBuiltin(specifier) || isOwnName(specifier) || /^(?:data|https?):/.test(specifier)) return external;
    const { kind, importer, resolveDir } = args;
    const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
    const result = await esbuild.resolve(path, { kind, importer, resolveDir, with: args.with, pluginData: ASKED });
    // esbuild itself then says what is wrong, or lets it pass where the code is prepared for that (`try { require() }`).
    if (result.errors.length > 0) return kind === 'require-resolve' ? external : undefined;
    if (result.external) return external;
    const target = targetOf(args, result.path);
    if (target !== undefined) {
      const ofImporter = targets.get(importer) ?? new Map<string, Target>();
      targets.set(importer, ofImporter);
      ofImporter.set(targetKey(kind.startsWith('require') ? 'require' : 'import', specifier), target);
    }
    // JSON is only data, but reading it now tells whether it is well-formed.
    const isRead =
      kind !== 'require-resolve' && (target?.kind === 'source' || (result.path.endsWith('.json') && !isInPackage(result.path)));
    return isRead ? result : external;
  });
}

function targetOf(args: OnResolveArgs, path: string): Target | undefined {
  if (isUserSource(path)) return { kind: 'source', path };
  const specifier = args.path;
  const isRelative = /^\.{0,2}\//.test(specifier) || specifier.startsWith('file:');
  if (isRelative || !isInPackage(path)) return { kind: 'file', path };
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  // An alias of tsconfig.json that leads into a package.
  return path.includes(`/node_modules/${name}/`) ? undefined : { kind: 'file', path };
}

/** How code in `from` names the file `to` by its relative path. */
export function relativeSpecifier(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith('../') ? path : `./${path}`;
}
