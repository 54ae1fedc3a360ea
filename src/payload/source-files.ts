import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';

/** Whether `path` is the user's own code, which is compiled, and not a package's or an asset. */
export function isUserSource(path: string): boolean {
  return /\.[cm]?[jt]s$|\.[jt]sx$/.test(path) && !/\.d\.[cm]?ts$/.test(path) && !isInPackage(path);
}

export function isInPackage(path: string): boolean {
  return path.includes('/node_modules/');
}

export function isTypeScript(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path);
}

/** The package.json that says how Node reads a file: the nearest one above it. */
export function nearestPackageJson(path: string): string | null {
  return nearestAbove(path, 'package.json');
}

/** The file called `name` in the nearest folder above `path` that has one. */
function nearestAbove(path: string, name: string): string | null {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const candidate = join(folder, name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder) || folder.endsWith('/node_modules')) return null;
  }
}

export type PackageType = 'module' | 'commonjs' | null;

/** The `type` of a package.json; null when it has none. */
export function packageType(packageJson: string | null): PackageType {
  if (packageJson === null) return null;
  try {
    const { type } = JSON.parse(readFileSync(packageJson, 'utf8')) as { type?: unknown };
    return type === 'module' || type === 'commonjs' ? type : null;
  } catch {
    return null;
  }
}

/** TypeScript's convention: code names a file as it will be called once compiled. */
const sourceExtensions: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.jsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
};

/** The file that `path` means: itself, or the TypeScript source it is compiled from; null when there is neither. */
export function existingSource(path: string): string | null {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  return firstFile([path, ...(sourceExtensions[extension] ?? []).map((each) => stem + each)]);
}

/** As {@link existingSource}, for what code at `from` calls `specifier`, extension or `index` left out or not. */
export function resolveLoosely(from: string, specifier: string): string | null {
  const path = resolve(dirname(from), specifier);
  const extensions = ['.ts', '.tsx', '.js', '.json', '.node'];
  return (
    existingSource(path) ?? firstFile([path, join(path, 'index')].flatMap((stem) => extensions.map((each) => stem + each)))
  );
}

function firstFile(paths: readonly string[]): string | null {
  return paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile()) ?? null;
}

/** The tsconfig.json that is in force at `path`, and the files it extends; comments are no reason to miss one. */
export function typescriptConfigs(path: string): string[] {
  const found = new Set<string>();
  const pending = [nearestAbove(path, 'tsconfig.json')];
  for (let config = pending.pop(); config !== undefined; config = pending.pop()) {
    if (config === null || found.has(config)) continue;
    found.add(config);
    const extended = /"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/.exec(readFileSync(config, 'utf8'))?.[1] ?? '';
    for (const [, name] of extended.matchAll(/"(\.[^"]*)"/g)) {
      const base = resolve(dirname(config), name ?? '');
      pending.push(firstFile([base, `${base}.json`]));
    }
  }
  return [...found];
}
