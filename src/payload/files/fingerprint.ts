import { type Stats, statSync } from 'node:fs';

/** What a path looked like: when it looks the same again, so is what is there. */
export type Fingerprint = string;

/** Recorded for what had just changed: kernels take times of files from a clock that ticks every 1 to 10 ms, so it may change again unseen. */
const NEW: Fingerprint = 'new';
const TICK_IN_MS = 20;

/** @param isListing Whether the names in a folder count, and not only that it is one. */
export function fingerprint(stats: Stats | null, isListing: boolean): Fingerprint {
  if (stats === null) return 'none';
  if (stats.isDirectory() && !isListing) return 'folder';
  if (Math.abs(Date.now() - stats.ctimeMs) < TICK_IN_MS) return NEW;
  // ctime, because any program can set mtime.
  return `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.dev} ${stats.ino}`;
}

/** What `path` looks like now; one that ends in `/` stands for the names in that folder. */
export function fingerprintOf(path: string): Fingerprint {
  return fingerprint(statOrNull(path), path.endsWith('/'));
}

/** Whether `path` still looks as it did. */
export function looksTheSame(path: string, before: Fingerprint): boolean {
  return before !== NEW && fingerprintOf(path) === before;
}

/** Null where nothing is that this user may see. Synchronous: 3 µs a file, where the asynchronous call takes 40. */
export function statOrNull(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    // ENOTDIR, ELOOP, EACCES, ENAMETOOLONG, a NUL in the path.
    return null;
  }
}
