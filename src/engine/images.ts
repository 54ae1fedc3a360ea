import { ask } from './ask.js';
import type { Engine } from './connect.js';
import { forgetImages } from './image.js';
import { BASE_LABEL, IMAGE_LABEL, LAYER_LABEL, NODE_LABEL, RUNNER_LABEL } from './labels.js';
import { isName, lastUsed } from './packages-image.js';

/** An image of ours. */
export interface ImageSummary {
  readonly id: string;
  /** `nisher-runner:DIGEST`, or the beginning of the id when it has lost its tag to a newer build. */
  readonly tag: string;
  /** All its names, those that note a day first. */
  readonly names: readonly string[];
  readonly digest: string;
  readonly runner: string;
  /** Null: made of a machine's own node and libraries. */
  readonly base: string | null;
  /** Version of its Node.js. */
  readonly node: string;
  readonly sizeInBytes: number;
  readonly created: Date;
  /** Digest of the packages that it has on top; null for an image of the runner alone. */
  readonly packages: string | null;
  /** The day on which it was used last; null where that is not noted. */
  readonly used: Date | null;
}

/** What Podman puts before names that have none. */
const PODMANS_REGISTRY = /^(docker\.io\/library|localhost)\//;

/**
 * Every image that nisher made, whichever version, newest first.
 * @throws EngineError
 */
export async function listImages(engine: Engine): Promise<readonly ImageSummary[]> {
  const images = await ask('list images', async () => await engine.docker.listImages({ filters: { label: [IMAGE_LABEL] } }));
  return images
    .map(({ Id, RepoTags, Labels, Size, Created }) => ({
      id: Id,
      tag: tagsOf(RepoTags).find(isName)?.replace(PODMANS_REGISTRY, '') ?? Id.replace(/^sha256:/, '').slice(0, 12),
      names: tagsOf(RepoTags).sort((a, b) => Number(isName(a)) - Number(isName(b))),
      digest: Labels[IMAGE_LABEL] ?? '',
      runner: Labels[RUNNER_LABEL] ?? '',
      base: Labels[BASE_LABEL] === 'scratch' ? null : (Labels[BASE_LABEL] ?? null),
      node: Labels[NODE_LABEL] ?? '',
      sizeInBytes: Size,
      created: new Date(Created * 1000),
      packages: Labels[LAYER_LABEL] ?? null,
      used: lastUsed(tagsOf(RepoTags)),
    }))
    .sort((a, b) => b.created.getTime() - a.created.getTime());
}

function tagsOf(tags: readonly string[] | null | undefined): string[] {
  return (tags ?? []).filter((tag) => tag !== '<none>:<none>');
}

/**
 * Removes images; those that a container is made of stay.
 * @returns for each image null, or why it is still there
 */
export async function removeImages(
  engine: Engine,
  images: readonly Pick<ImageSummary, 'id' | 'names' | 'packages'>[],
): Promise<readonly (string | null)[]> {
  forgetImages(engine);
  const problems = new Map<string, string | null>();
  // Those with packages first: an engine keeps an image that another one is made of.
  for (const some of [images.filter(({ packages }) => packages !== null), images.filter(({ packages }) => packages === null)]) {
    await Promise.all(some.map(async (image) => problems.set(image.id, await removeImage(engine, image))));
  }
  return images.map(({ id }) => problems.get(id) ?? null);
}

/** Name by name: an engine refuses to remove an image by its id while it has several. */
async function removeImage(engine: Engine, { id, names }: Pick<ImageSummary, 'id' | 'names'>): Promise<string | null> {
  try {
    for (const name of names.length === 0 ? [id] : names) {
      await ask('remove an image', async () => await engine.docker.getImage(name).remove());
    }
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
