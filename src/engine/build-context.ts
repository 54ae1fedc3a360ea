import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RootfsEntry } from '../../runner-image/rootfs.js';

/** Files have no time of their own: the same image is the same bytes, and the engine's build cache finds it. */
const EPOCH = new Date(0);

/** The build's context as a tar archive, written as fast as it is read. */
export async function packBuildContext(dockerfile: string, entries: readonly RootfsEntry[]): Promise<Readable> {
  const { pack: makePack } = await import('tar-stream');
  const pack = makePack();
  const write = async () => {
    pack.entry({ name: 'Dockerfile', mtime: EPOCH }, dockerfile);
    for (const { path, mode, content } of entries) {
      const header = { name: `rootfs/${path}`, mode, mtime: EPOCH };
      if (content === null) pack.entry({ ...header, type: 'directory' });
      else if (Buffer.isBuffer(content)) pack.entry(header, content);
      else await pipeline(createReadStream(content.file), pack.entry({ ...header, size: content.sizeInBytes }));
    }
    pack.finalize();
  };
  write().catch((error: Error) => pack.destroy(error));
  // tar-stream has streams of its own kind.
  return Readable.from(pack);
}
