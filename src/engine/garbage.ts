import type { Engine } from './connect.js';
import { currentDigest } from './image.js';
import { runnerDigest } from './image-digest.js';
import { type ImageSummary, listImages, removeImages } from './images.js';
import { type SweptContainer, sweep } from './sweep.js';

export interface Garbage {
  readonly containers: readonly SweptContainer[];
  readonly images: readonly { readonly tag: string; readonly reason: string }[];
}

export interface GarbageRequest {
  /** Whether to remove images, too. */
  readonly images: boolean;
  /** Only say what would be removed. @default false */
  readonly dryRun?: boolean;
}

/**
 * Removes what nobody owns any more: containers whose program is gone, and images that this version of nisher, with this
 * Node.js, does not use.
 * @throws EngineError
 */
export async function collectGarbage(engine: Engine, { images, dryRun = false }: GarbageRequest): Promise<Garbage> {
  const containers = await sweep(engine, { dryRun });
  if (!images) return { containers, images: [] };
  const unused = (await listImages(engine)).flatMap((image) => {
    const reason = reasonToRemove(image, runnerDigest(), currentDigest());
    return reason === null ? [] : [{ id: image.id, tag: image.tag, reason }];
  });
  const problems = dryRun
    ? unused.map(() => null)
    : await removeImages(
        engine,
        unused.map(({ id }) => id),
      );
  return {
    containers,
    images: unused.filter((_image, index) => problems[index] === null).map(({ tag, reason }) => ({ tag, reason })),
  };
}

/** Why an image can go, null when it cannot. Somebody asked for one with a base; it stays as long as its runner is this one. */
export function reasonToRemove(
  { tag, runner, digest, base }: ImageSummary,
  thisRunner: string,
  current: string,
): string | null {
  if (!tag.includes(':')) return 'a newer build has taken its tag';
  if (runner !== thisRunner) return "its runner is another version's";
  return base === null && digest !== current ? 'it is of another Node.js' : null;
}
