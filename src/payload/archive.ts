import { createHash } from 'node:crypto';
import { posix } from 'node:path';

/** What the container's file system shall have at a path. */
export type ArchiveEntry =
  | { readonly kind: 'file'; readonly content: Uint8Array; readonly executable: boolean }
  | { readonly kind: 'symlink'; readonly target: string };

export interface Archive {
  readonly archive: Uint8Array;
  readonly digest: string;
  readonly unpackedInBytes: number;
}

/** A tmpfs gives whole pages to files, and one to each directory and link that has more than a short name. */
const PAGE = 4096;
/** For what the kernel keeps beside the pages. */
const SLACK = 1 << 20;

/**
 * The tar archive of `entries` (paths relative to its root, with `/`). The same entries always make the same bytes: names are
 * sorted, times, owners and modes are fixed.
 */
export async function makeArchive(entries: ReadonlyMap<string, ArchiveEntry>): Promise<Archive> {
  const { pack } = await import('tar-stream');
  const directories = parentDirectories(entries.keys());
  const names = [...entries.keys(), ...directories].sort();
  const tar = pack();
  let unpackedInBytes = SLACK;
  for (const name of names) {
    const entry = entries.get(name);
    const common = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', ...longName(name) };
    unpackedInBytes += PAGE;
    if (entry === undefined) {
      tar.entry({ ...common, name: `${name}/`, type: 'directory', mode: 0o755 });
    } else if (entry.kind === 'symlink') {
      tar.entry({ ...common, name, type: 'symlink', linkname: entry.target, mode: 0o777 });
    } else {
      unpackedInBytes += Math.ceil(entry.content.length / PAGE) * PAGE;
      const mode = entry.executable ? 0o755 : 0o644;
      tar.entry({ ...common, name, type: 'file', mode, size: entry.content.length }, asBuffer(entry.content));
    }
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  // Memory of its own, which can be given to another thread.
  const archive = new Uint8Array(Buffer.concat(chunks));
  return { archive, digest: createHash('sha256').update(archive).digest('hex'), unpackedInBytes };
}

/**
 * tar-stream 3.2 writes an empty name for a folder whose last part has 100 characters or more and whose whole has at most 155, as pnpm's
 * have: unpackers take that for the end of the archive. A pax header says it.
 */
export function longName(name: string): { pax?: Record<string, string> } {
  return Buffer.byteLength(name) < MAX_USTAR_NAME ? {} : { pax: { path: name } };
}

/** Bytes of a name in a ustar header, with the slash at the end of a folder's. */
const MAX_USTAR_NAME = 100;

function parentDirectories(names: Iterable<string>): Set<string> {
  const directories = new Set<string>();
  for (const name of names) {
    for (let folder = posix.dirname(name); folder !== '.' && !directories.has(folder); folder = posix.dirname(folder)) {
      directories.add(folder);
    }
  }
  return directories;
}

function asBuffer(content: Uint8Array): Buffer {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
