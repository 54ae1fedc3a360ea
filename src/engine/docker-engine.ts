import type { SandboxEngine } from '../call/sandbox.js';
import { connect, type Engine } from './connect.js';
import { startContainer } from './container.js';
import { EngineError } from './engine-error.js';
import { beAnswerable } from './holding.js';
import { ensureImage, ensureImageWith, forgetImages } from './image.js';
import { sweep } from './sweep.js';

/** Docker, or Podman through Docker's API. */
export interface DockerEngine extends SandboxEngine {
  readonly info: Engine['info'];
  readonly endpoint: Engine['endpoint'];
}

export interface DockerEngineRequest {
  /** URL of the engine. @default where the docker command finds it */
  readonly engine?: string | null;
  /** @default one made of this machine's node, built when it is not there */
  readonly image?: string | null;
  /** Told, a line at a time, what takes a while: that an image is being built. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/** Leftovers of programs that died are not worth a call's time. */
const SWEEP_DELAY_IN_MS = 1_000;

const swept = new WeakSet<Engine>();

/**
 * Connects and sees to the image. Further calls find both done.
 * @throws EngineError when there is no engine, or no such image
 */
export async function openDockerEngine({
  engine = null,
  image = null,
  onProgress,
}: DockerEngineRequest = {}): Promise<DockerEngine> {
  const connection = await connect(engine);
  const request = { image, onProgress };
  const ensuring = ensureImage(connection, request);
  beAnswerable(connection);
  await ensuring;
  return {
    info: connection.info,
    endpoint: connection.endpoint,
    cores: connection.info.cores,
    memInBytes: connection.info.memInBytes,
    async start(spec) {
      sweepLater(connection);
      const imageOf = () => {
        const wanted = { ...request, image: spec.image ?? image };
        return spec.layer === null ? ensureImage(connection, wanted) : ensureImageWith(connection, wanted, spec.layer);
      };
      try {
        return await startContainer(connection, await imageOf(), spec);
      } catch (error) {
        if (!(error instanceof EngineError && error.kind === 'no-image')) throw error;
        // It was there a while ago, and somebody has removed it.
        forgetImages(connection);
        return await startContainer(connection, await imageOf(), spec);
      }
    },
  };
}

/** Once per connection, in the background; keeps no program alive. */
function sweepLater(engine: Engine): void {
  if (swept.has(engine)) return;
  swept.add(engine);
  setTimeout(() => {
    // Nobody waits for it, and the next program tries again.
    sweep(engine).catch(() => {});
  }, SWEEP_DELAY_IN_MS).unref();
}
