import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import type { NodeFileTraceOptions } from '@vercel/nft';
import type { Compiled } from './compile.js';
import { targetKey } from './discover.js';
import { guestSpecifier, isOwnName } from './guest-specifier.js';
import { isInPackage } from './source-files.js';

export interface Traced {
  /** Files and links the code needs besides the sources it was traced from, which are also among them. Absolute. */
  readonly paths: ReadonlySet<string>;
  /** Something asks for this very library. */
  readonly usesOwnName: boolean;
}

/** A specifier that leads to no file: nft takes it for a module of Node's. */
const NO_FILE = 'node:';

/**
 * Finds packages, native addons, wasm and assets that the user's compiled sources and the packages they use refer to.
 *
 * @param entries - Where to begin.
 * @param sources - Seen by nft under their own paths, but as JavaScript and with the imports that esbuild resolved.
 * @param folders - Files of the user's that are no modules are only taken from these: a path computed from the home folder
 * must not carry the user's keys into a container.
 */
export async function trace(
  entries: readonly string[],
  sources: ReadonlyMap<string, Compiled>,
  folders: readonly string[],
): Promise<Traced> {
  // nft takes 85 ms to load: not for modules that use the language and their own sources alone.
  if (entries.every((entry) => isSelfSufficient(sources.get(entry)))) return { paths: new Set(entries), usesOwnName: false };
  const { nodeFileTrace, resolve } = await import('@vercel/nft');
  let usesOwnName = false;
  const targets = new Set([...sources.values()].flatMap((each) => [...each.targets.values()].map(({ path }) => path)));
  const known = new Set([...entries, ...sources.keys(), ...targets]);

  const options: NodeFileTraceOptions = {
    base: '/',
    processCwd: dirname(entries[0] ?? '/'),
    conditions: ['node', 'node-addons', 'module-sync'],
    // Node 20.19 knows `module-sync`, which nft expects of Node 22 only: take the file of either condition.
    moduleSyncCatchall: true,
    ignore: (name) => {
      const path = join('/', name);
      return !isInPackage(path) && !known.has(path) && !folders.some((folder) => path.startsWith(join(folder, '/')));
    },
    readFile: async (path) => sources.get(path)?.code ?? readIfThere(path),
    resolve: async (specifier, parent, job, fromRequire) => {
      if (isOwnName(specifier)) {
        usesOwnName = true;
        return NO_FILE;
      }
      const own = sources.get(parent)?.targets;
      const target =
        own?.get(targetKey(fromRequire ? 'require' : 'import', specifier)) ??
        own?.get(targetKey(fromRequire ? 'import' : 'require', specifier));
      if (target === undefined) return resolve(specifier, parent, job, fromRequire);
      // Becomes a module of its own, see compileJson.
      return target.path.endsWith('.json') && !fromRequire ? NO_FILE : target.path;
    },
  };
  const { fileList } = await nodeFileTrace([...entries], options);
  return { paths: new Set([...fileList].map((name) => join('/', name))), usesOwnName };
}

/** Modules of Node's with which code reaches files that are not imported. */
const reachesFiles = /^(?:node:)?(?:fs|fs\/promises|path|path\/posix|module|url|os|process|child_process|worker_threads)$/;

const namesFiles = /\b(?:__dirname|__filename|import\.meta|require|module|process)\b|\bimport\s*\(\s*[^'"\s]/;

/** Whether all that a source refers to are sources and modules of Node's that read no files. */
function isSelfSufficient(source: Compiled | undefined): boolean {
  if (!source?.shape || namesFiles.test(source.code)) return false;
  return source.shape.references.every(({ specifier }) => {
    const target = source.targets.get(targetKey('import', specifier));
    if (target !== undefined) return target.kind === 'source';
    return guestSpecifier(specifier) !== undefined || (isBuiltin(specifier) && !reachesFiles.test(specifier));
  });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return null;
    throw error;
  }
}
