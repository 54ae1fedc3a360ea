import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { PACKAGES_DIRECTORY } from '../../wire/protocol.js';
import { longName } from '../archive.js';
import { linesOf } from '../cache.js';
import { openRegularFile } from '../files/gate.js';
import type { Layer } from '../payload.js';
import type { LayerLine, PackedLayer } from './layer-index.js';

/** Files have no time of their own: the same packages are the same bytes. */
const EPOCH = new Date(0);

/** The layer that was indexed, for whoever builds it. */
export function makeLayer({ digest, sizeInBytes, files, index }: PackedLayer): Layer {
  return { digest, sizeInBytes, files, open: () => streamLayer(index) };
}

/** Reads the files as fast as they are taken. */
async function* streamLayer(index: Uint8Array): AsyncGenerator<Uint8Array> {
  const { pack: makePack } = await import('tar-stream');
  const tar = makePack();
  const folder = PACKAGES_DIRECTORY.slice(1);
  const write = async () => {
    const made = new Set<string>();
    for (const text of linesOf(index)) {
      const { path, link, file } = JSON.parse(text) as LayerLine;
      const name = `${folder}/${path}`;
      for (const parent of parentsOf(name)) {
        if (made.has(parent)) continue;
        made.add(parent);
        tar.entry({ name: parent, type: 'directory', mode: 0o755, mtime: EPOCH, ...longName(parent) });
      }
      const header = { name, mtime: EPOCH, ...longName(name) };
      if (link !== undefined) tar.entry({ ...header, type: 'symlink', linkname: link, mode: 0o777 });
      if (file === undefined) continue;
      const mode = file.executable ? 0o755 : 0o644;
      const fd = openRegularFile(file.from);
      // Fails when the file no longer has that size.
      await pipeline(createReadStream('', { fd }), tar.entry({ ...header, mode, size: file.size }));
    }
    tar.finalize();
  };
  write().catch((error: Error) => tar.destroy(error));
  yield* tar as AsyncIterable<Uint8Array>;
}

/** The folders that a path is in, outer ones first, each with a slash at its end. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}
