import type { Engine } from './connect.js';
import { currentDigest } from './image.js';
import { runnerDigest } from './image-digest.js';
import { type ImageSummary, listImages, removeImages } from './images.js';
import { type SweptContainer, sweep } from './sweep.js';

export interface Garbage {
  readonly containers: readonly SweptContainer[];
  readonly images: readonly { readonly tag: string; readonly reason: string }[];
  /** Images that the engine did not remove, and why. */
  readonly kept: readonly { readonly tag: string; readonly problem: string }[];
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
  if (!images) return { containers, images: [], kept: [] };
  const unused = (await listImages(engine)).flatMap((image) => {
    const reason = reasonToRemove(image, runnerDigest(), currentDigest(), Date.now());
    return reason === null ? [] : [{ ...image, reason }];
  });
  const problems = dryRun ? unused.map(() => null) : await removeImages(engine, unused);
  const results = unused.map(({ tag, reason }, index) => ({ tag, reason, problem: problems[index] ?? null }));
  return {
    containers,
    images: results.flatMap(({ tag, reason, problem }) => (problem === null ? [{ tag, reason }] : [])),
    kept: results.flatMap(({ tag, problem }) => (problem === null ? [] : [{ tag, problem }])),
  };
}

/** Packages that no call has used for so long can go: the next call that needs them makes the image again, within seconds. */
const UNUSED_DAYS = 7;
const DAY_IN_MS = 24 * 3600 * 1000;

/**
 * Why an image can go, null when it cannot. Somebody asked for one with a base; it stays as long as its runner is this one.
 * @param now Unix time in ms
 */
export function reasonToRemove(
  { tag, runner, digest, base, packages, used, created }: ImageSummary,
  thisRunner: string,
  current: string,
  now: number,
): string | null {
  if (!tag.includes(':')) return 'a newer build has taken its tag';
  if (runner !== thisRunner) return "its runner is another version's";
  if (base === null && digest !== current) return 'it is of another Node.js';
  const days = Math.floor((now - (used ?? created).getTime()) / DAY_IN_MS);
  return packages !== null && days > UNUSED_DAYS ? `its packages have not been used for ${days} days` : null;
}
