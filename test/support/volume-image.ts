import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Engine } from '../../src/engine/connect.js';
import { ensureImage } from '../../src/engine/image.js';

/**
 * nisher's own image with a volume in it: the engine makes one for each container, which must go with that.
 * @returns its name, for `image`
 */
export async function buildVolumeImage(engine: Engine): Promise<string> {
  const { name } = await ensureImage(engine);
  const image = `nisher-with-volume:${process.pid}`;
  const context = pack();
  context.entry({ name: 'Dockerfile' }, `FROM ${name}\nVOLUME /volume\n`);
  context.finalize();
  const answer = await engine.docker.buildImage(Readable.from(context), { t: image, rm: true, forcerm: true });
  for await (const piece of answer as AsyncIterable<Buffer>)
    if (piece.toString().includes('"error"')) throw new Error(piece.toString());
  return image;
}

/** Its own layers only: what it was made of stays. */
export async function removeVolumeImage({ docker }: Engine, image: string): Promise<void> {
  await docker.getImage(image).remove({ force: true });
}
