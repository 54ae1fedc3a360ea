import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Container } from 'dockerode';
import type { SandboxLayer } from '../call/sandbox.js';
import { ask } from './ask.js';
import type { Engine } from './connect.js';
import { removeContainer } from './container-removal.js';
import { EngineError } from './engine-error.js';
import { hold } from './holding.js';
import { inspectImage, type RunnerImage } from './image.js';
import { shortHash } from './image-digest.js';
import { LAYER_LABEL, OWNER_LABEL } from './labels.js';
import { formatOwner, thisOwner } from './owner.js';
import { markUsed } from './packages-image.js';

const PACKAGES_REPOSITORY = 'nisher-packages';

/** A gigabyte of packages to an engine at the other end of a slow line. */
const UPLOAD_TIME_IN_S = 600;

/**
 * An image with the packages of a layer on top of another one; it is made when it is not there. The engine finds it by its content, whichever
 * program made it.
 * @throws EngineError `build-failed`
 */
export async function ensureLayer(
  engine: Engine,
  base: RunnerImage,
  layer: SandboxLayer,
  onProgress: ((line: string) => void) | undefined,
): Promise<RunnerImage> {
  const name = `${PACKAGES_REPOSITORY}:${shortHash(['nisher packages', base.id, layer.digest])}`;
  const found = await inspectImage(engine, name);
  if (found === null) await makeLayer(engine, base, layer, name, onProgress);
  const image = found ?? (await inspectImage(engine, name));
  if (image === null) throw new EngineError('build-failed', `The engine reported that it made ${name}, and does not have it`);
  markUsed(engine, name, image.RepoTags ?? []);
  return { ...base, name, id: image.Id };
}

/**
 * Without a builder, which would copy the files once more: they go into a container that is never started, and what it holds then becomes an
 * image. 57 MB take 3 s.
 */
async function makeLayer(
  engine: Engine,
  base: RunnerImage,
  layer: SandboxLayer,
  name: string,
  onProgress: ((line: string) => void) | undefined,
): Promise<void> {
  const since = performance.now();
  const size = `${Math.ceil(layer.sizeInBytes / 2 ** 20)} MB in ${layer.files} files`;
  onProgress?.(`Making ${name} of the packages (${size}), once for this set`);
  const container = `nisher-layer-${randomBytes(6).toString('hex')}`;
  const holding = hold(engine, container);
  const created = await holding.creating(
    ask('create a container for packages', (abortSignal) =>
      engine.docker.createContainer({
        name: container,
        Image: base.name,
        Cmd: ['never'],
        Labels: { [OWNER_LABEL]: formatOwner(thisOwner()) },
        abortSignal,
      }),
    ),
  );
  try {
    await ask('take the packages', (abortSignal) => upload(created, layer, abortSignal), UPLOAD_TIME_IN_S);
    const [repo = '', tag = ''] = name.split(':');
    // The image is nobody's, though its container was this program's.
    const changes = `LABEL ${OWNER_LABEL}=\nLABEL ${LAYER_LABEL}=${layer.digest}`;
    await ask('make an image of the packages', () => created.commit({ repo, tag, changes }), UPLOAD_TIME_IN_S);
  } finally {
    holding.removed(await removeContainer(engine, created.id, false));
  }
  onProgress?.(`Made it in ${((performance.now() - since) / 1000).toFixed(1)} s`);
}

/** A file that cannot be read any more, or has another size, ends the upload: the engine would wait for the rest. */
async function upload(container: Container, layer: SandboxLayer, abortSignal: AbortSignal): Promise<void> {
  const ending = new AbortController();
  const archive = Readable.from(layer.open());
  const failed = new Promise<never>((_resolve, reject) => {
    archive.once('error', (error) => {
      reject(new EngineError('build-failed', `The packages could not be read: ${error.message}`, { cause: error }));
      ending.abort();
    });
  });
  const sent = container.putArchive(archive, { path: '/', abortSignal: AbortSignal.any([abortSignal, ending.signal]) });
  sent.catch(() => {});
  await Promise.race([sent, failed]);
}
