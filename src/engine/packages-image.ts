import { ask } from './ask.js';
import type { Engine } from './connect.js';

/*
 * Engines do not note when an image was used last. So each day on which one is used leaves a tag on it, `NAME-used-2026-11-28`, in the place
 * of the one before.
 */

const DAY = /-used-(\d{4}-\d{2}-\d{2})$/;

const marked = new WeakMap<Engine, Set<string>>();

/** Notes that an image is used today; in the background, because no call depends on it. */
export function markUsed(engine: Engine, name: string, tags: readonly string[]): void {
  const today = `${name}-used-${new Date().toISOString().slice(0, 10)}`;
  const names = marked.get(engine) ?? new Set();
  marked.set(engine, names);
  if (names.has(today)) return;
  names.add(today);
  if (tags.some((tag) => tag.endsWith(today))) return;
  // Another program may do the same: the tag is there then, and the old one gone.
  replaceTags(engine, name, today, tags).catch(() => {});
}

async function replaceTags(engine: Engine, name: string, today: string, tags: readonly string[]): Promise<void> {
  const [repo = '', tag = ''] = today.split(':');
  await ask('tag an image', () => engine.docker.getImage(name).tag({ repo, tag }));
  // One tag of several: the image stays.
  for (const old of tags.filter((each) => DAY.test(each))) {
    await ask('remove a tag', () => engine.docker.getImage(old).remove());
  }
}

/** When an image was used last, by its tags; null when they do not tell. */
export function lastUsed(tags: readonly string[]): Date | null {
  const days = tags.flatMap((tag) => DAY.exec(tag)?.[1] ?? []).sort();
  const last = days.at(-1);
  return last === undefined ? null : new Date(`${last}T00:00:00Z`);
}

/** Whether a tag is an image's name, and not a day's. */
export function isName(tag: string): boolean {
  return !DAY.test(tag);
}
