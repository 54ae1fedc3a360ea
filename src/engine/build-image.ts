import { randomBytes } from 'node:crypto';
import { NODE_PATH, rootfsEntries } from '../../runner-image/rootfs.js';
import { ask } from './ask.js';
import { packBuildContext } from './build-context.js';
import type { Engine } from './connect.js';
import { removeContainer } from './container-removal.js';
import { EngineError, hasStatus } from './engine-error.js';
import { hold } from './holding.js';
import { askHostNode, type HostNode } from './host-node.js';
import { dockerfile, runnerDigest } from './image-digest.js';
import { jsonLines } from './json-lines.js';
import { BASE_LABEL, IMAGE_LABEL, NODE_LABEL, OWNER_LABEL, RUNNER_LABEL, TASKS_LABEL } from './labels.js';
import { formatOwner, thisOwner } from './owner.js';
import { tryImage } from './try-image.js';

export interface BuildRequest {
  readonly name: string;
  readonly digest: string;
  /** Null: this machine's node alone. */
  readonly base: string | null;
  readonly onProgress: ((line: string) => void) | undefined;
}

/** A hundred megabytes to an engine at the other end of a slow line. */
const BUILD_TIME_IN_S = 600;

/** Node 20 to 24 all have: itself, four V8 workers, a scheduler, a signal watcher, and a thread pool of four. */
const USUAL_TASKS = 11;

/**
 * Builds a runner image and tries it. Nothing is pulled: the base has to be there.
 * @throws EngineError `build-failed`
 */
export async function buildImage(engine: Engine, { name, digest, base, onProgress }: BuildRequest): Promise<void> {
  const since = performance.now();
  onProgress?.(`Building ${name}${base === null ? '' : ` on ${base}`}, once for this version of nisher and of Node.js`);
  const node = await hostNodeFor(engine, base);
  const entries =
    base === null
      ? await rootfsEntries(node, engine.info.arch, true, async () => false)
      : await withBase(engine, base, (isInBase) => rootfsEntries(node, engine.info.arch, false, isInBase));
  const labels = {
    [IMAGE_LABEL]: digest,
    [RUNNER_LABEL]: runnerDigest(),
    [BASE_LABEL]: base ?? 'scratch',
    [NODE_LABEL]: node === null ? 'of the base' : process.version,
    [TASKS_LABEL]: `${node?.tasks ?? USUAL_TASKS}`,
  };
  const context = await packBuildContext(dockerfile(), entries);
  await ask(
    'build the runner image',
    async (abortSignal) => {
      const options = {
        t: name,
        buildargs: { BASE: base ?? 'scratch' },
        labels,
        rm: true,
        forcerm: true,
        pull: false,
        abortSignal,
      };
      const answer = (await engine.docker.buildImage(context, options)) as AsyncIterable<Buffer> & NodeJS.ReadableStream;
      for await (const { error } of jsonLines(answer)) {
        if (error !== undefined)
          throw new EngineError('build-failed', `The engine could not build the runner image: ${String(error)}`);
      }
    },
    BUILD_TIME_IN_S,
  );
  onProgress?.(`Built it in ${((performance.now() - since) / 1000).toFixed(1)} s; trying it`);
  try {
    const { Config, Id: id } = await ask('look at an image', async () => await engine.docker.getImage(name).inspect());
    const volumes = Object.keys(Config.Volumes ?? {});
    const image = { name, id, tasks: node?.tasks ?? USUAL_TASKS, base, hosts: null, volumes };
    await tryImage(engine, image, node === null ? null : process.version);
  } catch (error) {
    // It would be found, and taken for good, the next time.
    await ask('remove an image', async () => await engine.docker.getImage(name).remove()).catch(() => {});
    throw error;
  }
}

/** This machine's node where it can run in a container of that engine; null where the base has to bring its own. */
async function hostNodeFor(engine: Engine, base: string | null): Promise<HostNode | null> {
  if (process.platform === 'linux' && process.arch === engine.info.arch) return await askHostNode();
  if (base !== null) return null;
  throw new EngineError(
    'build-failed',
    `This machine's Node.js (${process.platform}, ${process.arch}) cannot run in a container of ${engine.endpoint.url} (linux, ${engine.info.arch})`,
    {
      hint: `Build on an image that has Node.js at ${NODE_PATH}: \`docker pull node:${process.versions.node}-slim\`, \`nisher image build --base node:${process.versions.node}-slim\`, and name the result as \`image\``,
    },
  );
}

/** Answers what a base has, from a container of it that is never started. */
async function withBase<T>(
  engine: Engine,
  base: string,
  use: (isInBase: (file: string) => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const name = `nisher-base-${randomBytes(6).toString('hex')}`;
  const holding = hold(engine, name);
  const creating = ask('look into the base image', (abortSignal) =>
    engine.docker.createContainer({
      name,
      Image: base,
      Cmd: ['never'],
      Labels: { [OWNER_LABEL]: formatOwner(thisOwner()) },
      abortSignal,
    }),
  );
  const container = await holding.creating(creating);
  try {
    return await use((file) =>
      ask('look into the base image', async () => {
        try {
          const answer = (await container.infoArchive({ path: file })) as NodeJS.ReadableStream;
          // It has no body, but as long as nobody has seen its end, it keeps a connection over TCP, and that this program.
          answer.resume();
          return true;
        } catch (error) {
          if (hasStatus(error, 404)) return false;
          throw error;
        }
      }),
    );
  } finally {
    holding.removed(await removeContainer(engine, container.id, false));
  }
}
