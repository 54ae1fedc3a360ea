import { dirname, isAbsolute, join, resolve } from 'node:path';
import { MAX_CONFIG_IN_BYTES } from '../files/bounds.js';
import type { Gate } from '../files/gate.js';
import { PackError } from '../payload.js';
import { parseJsonc } from './parse-jsonc.js';

/** What tsconfig.json says of how a source is compiled and its imports are resolved. */
export interface TsConfig {
  /** Options of the compiler, those of the files it extends included. */
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  /** `paths`, the most specific first; targets are absolute. */
  readonly aliases: readonly Alias[];
  /** Absolute; null without `baseUrl`. */
  readonly baseUrl: string | null;
}

export interface Alias {
  /** What a specifier begins with, and ends with where the alias has a `*`. */
  readonly before: string;
  readonly after: string | null;
  readonly targets: readonly string[];
}

export interface TsConfigs {
  /** The one that is in force for a source. @throws PackError when it is not well-formed, or extends a file outside of the root. */
  for(source: string): Promise<TsConfig>;
}

const none: TsConfig = { compilerOptions: {}, aliases: [], baseUrl: null };

/** @param resolvePackage Finds `extends: '@tsconfig/node20/tsconfig.json'`; null when it is not installed. */
export function openTsConfigs(gate: Gate, resolvePackage: (name: string, from: string) => string | null): TsConfigs {
  const loaded = new Map<string, Promise<TsConfig>>();

  function load(path: string, above: readonly string[]): Promise<TsConfig> {
    const before = loaded.get(path);
    if (before !== undefined && !above.includes(path)) return before;
    if (above.includes(path)) {
      throw new PackError(`${above.at(-1)}: \`extends\` leads back to ${path}`, 'Remove the circle of `extends`');
    }
    const loading = read(path, above);
    loaded.set(path, loading);
    return loading;
  }

  async function read(path: string, above: readonly string[]): Promise<TsConfig> {
    const own = await parse(gate, path);
    const bases = [own.extends ?? []].flat().filter((each) => typeof each === 'string');
    let result = none;
    for (const base of bases) {
      const at = findBase(base, path);
      if (at !== null) result = merge(result, await load(at, [...above, path]));
    }
    return merge(result, fromFile(own, dirname(path)));
  }

  function findBase(specifier: string, from: string): string | null {
    if (!/^\.{1,2}(?:\/|$)/.test(specifier) && !isAbsolute(specifier)) return resolvePackage(specifier, from);
    const at = resolve(dirname(from), specifier);
    const found = [at, `${at}.json`].map((each) => [each, gate.look(each)] as const).find(([, seen]) => seen.kind !== 'none');
    if (found?.[1].kind === 'refused') {
      throw new PackError(
        `${from}: \`extends\` names \`${specifier}\`, which ${found[1].why}`,
        'Set `root` to a folder that holds both',
      );
    }
    return found?.[1].kind === 'file' ? found[0] : null;
  }

  return {
    async for(source) {
      for (let folder = dirname(source); gate.isInRoot(folder); folder = dirname(folder)) {
        const path = join(folder, 'tsconfig.json');
        if (gate.look(path).kind === 'file') return load(path, []);
        if (folder === dirname(folder)) break;
      }
      return none;
    },
  };
}

interface ConfigFile {
  readonly extends?: unknown;
  readonly compilerOptions?: Record<string, unknown>;
}

async function parse(gate: Gate, path: string): Promise<ConfigFile> {
  const text = gate.read(path, MAX_CONFIG_IN_BYTES).toString('utf8');
  if (text.trim() === '') return {};
  try {
    const parsed = await parseJsonc(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch (error) {
    const { loc } = error as { loc?: { line: number; column: number } };
    const place = loc === undefined ? path : `${path}:${loc.line}:${loc.column + 1}`;
    throw new PackError(
      `${place}: ${path.split('/').at(-1)} is not well-formed`,
      'Correct it; comments and trailing commas are fine',
    );
  }
}

/** Stands for the folder of the tsconfig.json that is in force. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: that is how TypeScript writes it
const CONFIG_FOLDER = '${configDir}';

function fromFile({ compilerOptions = {} }: ConfigFile, folder: string): TsConfig {
  const { baseUrl, paths } = compilerOptions as { baseUrl?: unknown; paths?: unknown };
  const withFolder = (text: string) => text.replaceAll(CONFIG_FOLDER, folder);
  const base = typeof baseUrl === 'string' ? resolve(folder, withFolder(baseUrl)) : null;
  const aliases = Object.entries((paths ?? {}) as Record<string, unknown>).map(([pattern, targets]): Alias => {
    const [before = '', after = null] = pattern.split('*', 2);
    const named = [targets].flat().filter((each) => typeof each === 'string');
    const from = base ?? folder;
    return { before, after, targets: named.map((each) => resolve(from, withFolder(each))) };
  });
  return { compilerOptions, aliases: aliases.sort(bySpecificity), baseUrl: base };
}

/** TypeScript's order: an exact name, then the longest text before `*`. */
function bySpecificity(a: Alias, b: Alias): number {
  if ((a.after === null) !== (b.after === null)) return a.after === null ? -1 : 1;
  return b.before.length - a.before.length;
}

/** `paths` replace those of the base as a whole, as every option does. */
function merge(base: TsConfig, own: TsConfig): TsConfig {
  return {
    compilerOptions: { ...base.compilerOptions, ...own.compilerOptions },
    aliases: own.compilerOptions.paths === undefined ? base.aliases : own.aliases,
    baseUrl: own.baseUrl ?? base.baseUrl,
  };
}

/** The paths that a specifier may mean by `paths`, in order; empty when no alias fits. */
export function aliasTargets({ aliases }: TsConfig, specifier: string): string[] {
  const alias = aliases.find(({ before, after }) => {
    if (after === null) return specifier === before;
    return specifier.length >= before.length + after.length && specifier.startsWith(before) && specifier.endsWith(after);
  });
  if (alias === undefined) return [];
  const middle = alias.after === null ? '' : specifier.slice(alias.before.length, specifier.length - alias.after.length);
  return alias.targets.map((target) => target.replace('*', () => middle));
}
