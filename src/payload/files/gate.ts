import type { Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { type Budget, inMegabytes, MAX_FILE_IN_BYTES } from './bounds.js';
import { type Fingerprint, fingerprint, fingerprintOf, statOrNull } from './fingerprint.js';

/** What is at a path, once every link on the way is followed. */
export type Seen =
  | { readonly kind: 'file'; readonly real: string; readonly size: number; readonly executable: boolean }
  | { readonly kind: 'folder'; readonly real: string }
  | { readonly kind: 'none' }
  /** It exists, and packing may not read it. */
  | { readonly kind: 'refused'; readonly real: string; readonly why: string };

/** A file that may not travel. The caller says who asked for it, and how its path is shown. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly path: string;
  /** What is wrong with it, as the end of a sentence. */
  readonly why: string;
  /** What to do about it. */
  readonly hint: string;
  constructor(path: string, why: string, hint = 'Only regular files below the root can travel') {
    super(`${path} ${why}`);
    this.path = path;
    this.why = why;
    this.hint = hint;
  }
}

/**
 * The one way to the files of the host: every byte for an archive or a layer comes through it.
 *
 * It reads regular files only, below the root or in an admitted package, after links are followed; never from /proc, /sys or /dev. It
 * opens without waiting, so that a FIFO cannot hold it, and looks at the descriptor that it reads.
 */
export interface Gate {
  readonly root: string;
  /** Looks without reading. What was there, or was not, counts for {@link Gate.watched}. */
  look(path: string): Seen;
  /** @throws RefusedError when it is not a file that may travel; PackError when a bound is exceeded. */
  read(path: string, maxBytes?: number): Buffer;
  /** Feeds a file to a hash, piece by piece. @returns its size @throws RefusedError */
  hashFile(path: string, hash: Hash): number;
  /** The first bytes of a file. @throws RefusedError */
  readStart(path: string, bytes: number): Buffer;
  /** What is in a folder, sorted by name; links are not followed. Empty where the folder may not be read. */
  list(folder: string): readonly Entry[];
  /** Size and mode of a regular file that {@link list} has named. */
  statFile(path: string): { readonly size: number; readonly executable: boolean };
  /** From now on files of this folder, a package's, may be read. */
  admit(folder: string): void;
  isInRoot(real: string): boolean;
  /** A package.json above the root, for what Node reads of it; null when there is none. */
  readAbove(path: string, maxBytes: number): Buffer | null;
  /** Looks for a package's folder, which may be outside of the root. */
  lookForPackage(path: string): { readonly real: string } | null;
  /** By path; a path that ends in `/` stands for the names in that folder. */
  readonly watched: ReadonlyMap<string, Fingerprint>;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** The root of a gate to packages alone: no path is below it. */
export const NO_ROOT = '\0';

const SYSTEM_FOLDERS = ['/proc', '/sys', '/dev'];

/** For contents that are only hashed. */
const chunk = Buffer.alloc(2 ** 20);

export function openGate(root: string, budget: Budget): Gate {
  const admitted = [root];
  const watched = new Map<string, Fingerprint>();

  const mayRead = (real: string) => !isSystem(real) && admitted.some((folder) => isBelow(folder, real));

  function statOf(path: string): Stats | null {
    budget.countFile();
    const stats = statOrNull(path);
    watched.set(path, fingerprint(stats, false));
    return stats;
  }

  function look(path: string): Seen {
    const stats = statOf(path);
    const real = stats === null ? null : realPath(path);
    if (stats === null || real === null) return { kind: 'none' };
    if (isSystem(real)) return { kind: 'refused', real, why: 'belongs to the system' };
    if (!mayRead(real)) return { kind: 'refused', real, why: 'is outside of the root' };
    if (stats.isDirectory()) return { kind: 'folder', real };
    if (!stats.isFile()) return { kind: 'refused', real, why: 'is not a regular file' };
    return { kind: 'file', real, size: stats.size, executable: (stats.mode & 0o100) !== 0 };
  }

  function withFile<T>(path: string, use: (descriptor: number) => T): T {
    const seen = look(path);
    if (seen.kind !== 'file') throw new RefusedError(path, 'is not a regular file');
    const descriptor = openRegularFile(seen.real);
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  return {
    root,
    watched,
    look,
    isInRoot: (real) => isBelow(root, real),
    admit(folder) {
      if (!admitted.includes(folder)) admitted.push(folder);
    },
    read(path, maxBytes = MAX_FILE_IN_BYTES) {
      const seen = look(path);
      if (seen.kind === 'none') throw new RefusedError(path, 'does not exist');
      if (seen.kind === 'refused') throw new RefusedError(path, seen.why);
      if (seen.kind === 'folder') throw new RefusedError(path, 'is a folder');
      const { bytes, stats } = readRegularFile(seen.real, maxBytes);
      watched.set(path, fingerprint(stats, false));
      return bytes;
    },
    hashFile: (path, hash) =>
      withFile(path, (descriptor) => {
        // The size first: two files cannot be taken for another two whose bytes, one after another, are the same.
        hash.update(`${fstatSync(descriptor).size}\n`);
        let size = 0;
        for (;;) {
          const count = readSync(descriptor, chunk, 0, chunk.length, size);
          if (count === 0) return size;
          size += count;
          hash.update(chunk.subarray(0, count));
        }
      }),
    readStart: (path, bytes) =>
      withFile(path, (descriptor) => {
        const start = Buffer.alloc(bytes);
        return start.subarray(0, readSync(descriptor, start, 0, bytes, 0));
      }),
    list(folder) {
      const seen = look(folder);
      if (seen.kind !== 'folder') return [];
      watched.set(join(folder, '/'), fingerprintOf(join(folder, '/')));
      return listFolder(seen.real, budget);
    },
    statFile(path) {
      const stats = statOf(path);
      return { size: stats?.size ?? 0, executable: ((stats?.mode ?? 0) & 0o100) !== 0 };
    },
    readAbove(path, maxBytes) {
      const stats = statOf(path);
      const real = stats?.isFile() ? realPath(path) : null;
      return real === null || isSystem(real) ? null : readRegularFile(real, maxBytes).bytes;
    },
    lookForPackage(path) {
      const stats = statOf(path);
      const real = stats?.isDirectory() ? realPath(path) : null;
      return real === null || isSystem(real) ? null : { real };
    },
  };
}

/** A file that the caller has named himself, wherever it is. @throws RefusedError */
export function readNamedFile(path: string, maxBytes: number): Buffer {
  const real = realPath(path);
  if (real === null) throw new RefusedError(path, 'does not exist');
  if (isSystem(real)) throw new RefusedError(path, 'belongs to the system');
  if (statOrNull(real)?.isDirectory()) throw new RefusedError(path, 'is a folder');
  return readRegularFile(real, maxBytes).bytes;
}

/** @throws RefusedError when it is no longer a regular file, or too large. */
function readRegularFile(real: string, maxBytes: number): { bytes: Buffer; stats: Stats } {
  const descriptor = openRegularFile(real);
  try {
    const stats = fstatSync(descriptor);
    if (stats.size > maxBytes) {
      throw new RefusedError(
        real,
        `has ${inMegabytes(stats.size)}: such a file can have at most ${inMegabytes(maxBytes)}`,
        "Leave it out with `include: ['!path']` if it is not needed, or pass data as an argument",
      );
    }
    const bytes = Buffer.alloc(stats.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(descriptor, bytes, filled, bytes.length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return { bytes: bytes.subarray(0, filled), stats };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens a path that is real already. O_NONBLOCK: a FIFO put in its place is opened, seen and refused. The real path is looked up once
 * more, because a folder on the way may have been replaced by a link.
 * @throws RefusedError
 */
export function openRegularFile(real: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new RefusedError(real, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (fstatSync(descriptor).isFile() && realPath(real) === real) return descriptor;
  closeSync(descriptor);
  throw new RefusedError(real, 'is not a regular file');
}

function listFolder(folder: string, budget: Budget): Entry[] {
  let names: ReturnType<typeof readEntries>;
  try {
    names = readEntries(folder);
  } catch {
    // Not for this user to read.
    return [];
  }
  return names
    .map((entry): Entry => {
      budget.countFile();
      if (entry.isSymbolicLink()) return { name: entry.name, kind: 'link' };
      if (entry.isDirectory()) return { name: entry.name, kind: 'folder' };
      return { name: entry.name, kind: entry.isFile() ? 'file' : 'other' };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function realPath(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}

function isSystem(real: string): boolean {
  return SYSTEM_FOLDERS.some((folder) => isBelow(folder, real));
}

/** Whether `path` is `folder`, or is in it. */
export function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(join(folder, '/'));
}
