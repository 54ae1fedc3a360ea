import type { ImageInspectInfo } from 'dockerode';
import type { SandboxLayer } from '../call/sandbox.js';
import { ask, refuseNonsense } from './ask.js';
import type { Engine } from './connect.js';
import { EngineError, hasStatus } from './engine-error.js';
import { nodeIdentity } from './host-node.js';
import { imageDigest, runnerDigest } from './image-digest.js';
import { BASE_LABEL, IMAGE_LABEL, RUNNER_LABEL, TASKS_LABEL } from './labels.js';
import { hostsOf } from './loopback.js';

/** An image that containers can be made of. */
export interface RunnerImage {
  readonly name: string;
  readonly id: string;
  /** Threads of its node once the thread pool is filled. */
  readonly tasks: number;
  /** Null: of this machine's own node and libraries. */
  readonly base: string | null;
  /** Its /etc/hosts for containers whose network is not the engine's, on the engine's machine; null where that cannot be had. */
  readonly hosts: string | null;
  /** Folders for which an engine would make each container a volume of its own. */
  readonly volumes: readonly string[];
}

export interface ImageRequest {
  /** An image that is there already, made with `nisher image build --base`. @default one made of this machine's node */
  readonly image?: string | null;
  /** What to put the runner on. @default nothing: this machine's node and its libraries */
  readonly base?: string | null;
  /** Told what is being done, a line at a time; not at all when the image is there. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

const REPOSITORY = 'nisher-runner';

/** What `FROM` says for no base at all. */
const NO_BASE = 'scratch';

const known = new WeakMap<Engine, Map<string, Promise<RunnerImage>>>();

/**
 * The image of that request; the one of this machine's node is built when it is not there (1 to 2 s), and so is one with a
 * base. Asked again, or by several at once, it looks and builds only once.
 * @throws EngineError `no-image` for an image or a base that the engine does not have, `foreign-image` for one without this
 * version's runner, `build-failed`
 */
export async function ensureImage(engine: Engine, request: ImageRequest = {}): Promise<RunnerImage> {
  const { image = null, base = null } = request;
  const images = imagesOf(engine);
  const key = JSON.stringify([image, base]);
  let ensuring = images.get(key);
  if (ensuring === undefined) {
    ensuring = image === null ? findOrBuild(engine, base, request.onProgress) : findGiven(engine, image);
    images.set(key, ensuring);
    ensuring.catch(() => images.delete(key));
  }
  return await ensuring;
}

/**
 * The same with packages on top of it, asked for and made only once, too.
 * @throws EngineError as {@link ensureImage} does
 */
export async function ensureImageWith(engine: Engine, request: ImageRequest, layer: SandboxLayer): Promise<RunnerImage> {
  const base = await ensureImage(engine, request);
  const images = imagesOf(engine);
  const key = JSON.stringify([base.id, layer.digest]);
  let ensuring = images.get(key);
  if (ensuring === undefined) {
    ensuring = import('./layer.js').then(({ ensureLayer }) => ensureLayer(engine, base, layer, request.onProgress));
    images.set(key, ensuring);
    ensuring.catch(() => images.delete(key));
  }
  return await ensuring;
}

function imagesOf(engine: Engine): Map<string, Promise<RunnerImage>> {
  const images = known.get(engine) ?? new Map<string, Promise<RunnerImage>>();
  known.set(engine, images);
  return images;
}

/** Somebody has removed it: look for it, or build it, the next time. */
export function forgetImages(engine: Engine): void {
  known.delete(engine);
}

/** Digest of the image that is made of this machine's node: its tag. */
export function currentDigest(): string {
  cachedDigest ??= imageDigest(NO_BASE, nodeIdentity());
  return cachedDigest;
}

let cachedDigest: string | undefined;

async function findGiven(engine: Engine, name: string): Promise<RunnerImage> {
  const info = await inspectImage(engine, name);
  if (info === null) {
    throw new EngineError('no-image', `The engine has no image \`${name}\``, {
      hint: `Make one that has nisher's runner in it with \`nisher image build --base NAME\`, or leave \`image\` out`,
    });
  }
  const labels = info.Config.Labels ?? {};
  if (labels[IMAGE_LABEL] === undefined) {
    throw new EngineError('foreign-image', `The image \`${name}\` has no runner of nisher in it`, {
      hint: `Add it with \`nisher image build --base ${name}\`, and use the image that this makes`,
    });
  }
  if (labels[RUNNER_LABEL] !== runnerDigest()) {
    throw new EngineError('foreign-image', `The runner in the image \`${name}\` is another version's than this nisher's`, {
      hint: `Make it anew with \`nisher image build${baseOf(labels) === null ? '' : ` --base ${baseOf(labels)}`}\``,
    });
  }
  return runnerImage(name, info);
}

async function findOrBuild(engine: Engine, base: string | null, onProgress: ImageRequest['onProgress']): Promise<RunnerImage> {
  // Its content is what counts: the same name may be another image tomorrow.
  const baseId = base === null ? NO_BASE : await idOfBase(engine, base);
  const digest = base === null ? currentDigest() : imageDigest(baseId, nodeIdentity());
  const name = `${REPOSITORY}:${digest}`;
  const found = await inspectImage(engine, name);
  if (found !== null) return runnerImage(name, found);
  // Seldom needed, and esbuild's neighbourhood is large.
  const { buildImage } = await import('./build-image.js');
  await buildImage(engine, { name, digest, base, onProgress });
  const built = await inspectImage(engine, name);
  if (built === null) throw new EngineError('build-failed', `The engine says it built ${name}, and does not have it`);
  return runnerImage(name, built);
}

async function idOfBase(engine: Engine, base: string): Promise<string> {
  const info = await inspectImage(engine, base);
  if (info !== null) return info.Id;
  throw new EngineError('no-image', `The engine has no image \`${base}\` to put the runner on`, {
    hint: `Nothing is pulled on its own: \`docker pull ${base}\` first`,
  });
}

export async function inspectImage(engine: Engine, name: string): Promise<ImageInspectInfo | null> {
  return await ask('look at an image', async () => {
    try {
      const info = await engine.docker.getImage(name).inspect();
      refuseNonsense(typeof info.Id === 'string' && typeof info.Config === 'object' && info.Config !== null, 'Id and Config');
      return info;
    } catch (error) {
      if (hasStatus(error, 404)) return null;
      throw error;
    }
  });
}

function runnerImage(name: string, info: ImageInspectInfo): RunnerImage {
  const { Labels: labels, Volumes: volumes } = info.Config;
  const tasks = Number(labels[TASKS_LABEL]);
  if (!Number.isSafeInteger(tasks) || tasks < 1) {
    throw new EngineError(
      'foreign-image',
      `The image \`${name}\` does not say in its label \`${TASKS_LABEL}\` how many threads its node has`,
      {
        hint: 'Make it anew with `nisher image build`',
      },
    );
  }
  return { name, id: info.Id, tasks, base: baseOf(labels), hosts: hostsOf(info), volumes: Object.keys(volumes ?? {}) };
}

function baseOf(labels: Record<string, string>): string | null {
  const base = labels[BASE_LABEL];
  return base === undefined || base === NO_BASE ? null : base;
}
