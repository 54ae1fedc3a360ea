import { createHash } from 'node:crypto';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultPackOptions, type ModuleFunction, type SourceFunction, type Target } from '../targets/target.js';
import { type Cacheable, isCurrent, makePackCache } from './cache.js';
import type { PackedModule } from './pack-module.js';
import type { PackRequest } from './pack-request.js';
import type { PackedSource } from './pack-source.js';
import type { Payload } from './payload.js';

/** One target, made ready for containers as often as its files change. */
export interface Packing {
  /**
   * The payload of the files as they are now.
   * @throws PackError when it cannot be packed: what is wrong, where, and what to do. It is tried again the next time.
   */
  current(): Promise<Payload>;
}

const modules = makePackCache<PackedModule>();

export function openPacking(target: Target): Packing {
  switch (target.kind) {
    case 'inline':
      // Twenty files, 22 ms, that a program pays that only imports the library, were they loaded with it.
      return { current: async () => (await import('./pack-inline.js')).packInline(target) };
    case 'module':
      return keepCurrent(
        () => packModuleOf(target),
        async (packed) => await payloadOfModule(packed, target),
      );
    case 'source':
      return keepCurrent(
        () => packSourceOf(target),
        async (packed) => await payloadOfSource(packed, target),
      );
  }
}

/** Looks at each call whether the files are as they were. */
function keepCurrent<T extends Cacheable>(pack: () => Promise<T>, toPayload: (packed: T) => Promise<Payload>): Packing {
  let last: { packed: T; payload: Payload } | null = null;
  // Calls of one turn of the event loop see the same files.
  let isChecked = false;
  return {
    async current() {
      if (last !== null && (isChecked || isCurrent(last.packed))) {
        if (!isChecked) {
          isChecked = true;
          setImmediate(() => {
            isChecked = false;
          });
        }
        return last.payload;
      }
      const packed = await pack();
      if (last?.packed !== packed) last = { packed, payload: await toPayload(packed) };
      return last.payload;
    },
  };
}

function packModuleOf({ url, packing = defaultPackOptions }: ModuleFunction<unknown>): Promise<PackedModule> {
  const request: PackRequest = { path: fileURLToPath(url), options: packing, workingFolder: workingFolder() };
  return modules.get(JSON.stringify(request), async () => {
    const { packInWorker } = await import('./worker/packer.js');
    return await packInWorker(request);
  });
}

async function packSourceOf(target: SourceFunction<unknown>): Promise<PackedSource> {
  const { files: texts, entryFile, entry, packages, resolveFrom, include, root, packTimeInS } = target;
  const file = entryFile === null ? null : { from: entryFile, path: entry };
  const request = { texts, file, packages, resolveFrom, include, root, packTimeInS };
  if (packages.length > 0 || include.length > 0) return await (await import('./worker/packer.js')).packSourceInWorker(request);
  // Text alone is put into an archive as it is.
  return await (await import('./pack-source.js')).packSource(request);
}

/** Null when it has been deleted. */
function workingFolder(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

async function payloadOfModule(packed: PackedModule, { exportName, packing }: ModuleFunction<unknown>): Promise<Payload> {
  const { archive, entry, exports, shownEntry, unpackedInBytes, base, root, origins } = packed;
  if (exports !== null && !exports.includes(exportName)) {
    throw (await import('./entry-file.js')).missingExport(shownEntry, exportName, exports);
  }
  const [{ makeStackMapper }, { explainMissing }] = await Promise.all([import('./map-stack.js'), import('./missing-file.js')]);
  const isRelative = packing?.paths === 'relative';
  const show = (path: string) => (isRelative ? relative(root, join(base, path)) : posix.join(base, path));
  return {
    archive,
    digest: digestOf(packed, entry),
    entry,
    exportName,
    unpackedInBytes,
    layer: await layerOf(packed),
    workingFolder: packed.workingFolder,
    source: null,
    mapStack: makeStackMapper(origins, show),
    explainMissing: (thrown) => explainMissing(thrown, packed),
  };
}

async function payloadOfSource(packed: PackedSource, target: SourceFunction<unknown>): Promise<Payload> {
  const { archive, unpackedInBytes, sources } = packed;
  const { entry, exportName, language, packages } = target;
  const [{ makeStackMapper }, { explainMissingPackage }] = await Promise.all([
    import('./map-stack.js'),
    import('./missing-file.js'),
  ]);
  return {
    archive,
    digest: digestOf(packed, entry, language),
    entry,
    exportName,
    unpackedInBytes,
    layer: await layerOf(packed),
    workingFolder: '',
    source: { language, files: sources, packages },
    mapStack: makeStackMapper(new Map(), fromPackages),
    explainMissing: explainMissingPackage,
  };
}

/** Where packages are installed is the host's. */
function fromPackages(path: string): string {
  const at = `/${path}`.indexOf('/node_modules/');
  return at === -1 ? path : path.slice(at);
}

async function layerOf({ layer }: Pick<PackedModule, 'layer'>): Promise<Payload['layer']> {
  return layer === null ? null : (await import('./packages/open-layer.js')).makeLayer(layer);
}

/** What a container with the code loaded is good for. */
function digestOf({ digest, layer }: Pick<PackedModule, 'digest' | 'layer'>, ...more: string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([digest, layer?.digest ?? null, ...more]))
    .digest('hex');
}
