import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Budget } from '../files/bounds.js';
import type { Gate } from '../files/gate.js';
import type { PackageSet } from './gather-packages.js';

/** A set of packages for an image layer. */
export interface PackedLayer {
  /** Hexadecimal SHA-256 of the paths, modes and contents. */
  readonly digest: string;
  readonly sizeInBytes: number;
  readonly files: number;
  /** A {@link LayerLine} of JSON for each file and link, sorted by path: one buffer crosses threads sooner than 100,000 objects. */
  readonly index: Uint8Array;
}

/** A file or link of a layer. */
export interface LayerLine {
  /** Relative to the layer's folder. */
  readonly path: string;
  /** A link's target; else there is a `file`. */
  readonly link?: string;
  readonly file?: { readonly from: string; readonly size: number; readonly executable: boolean };
}

/** Reads every file once, for the digest. @param relative Where a path of this machine is in the layer's folder. */
export function indexLayer(
  gate: Gate,
  budget: Budget,
  { files, links }: PackageSet,
  relative: (path: string) => string,
  linkTarget: (link: string, to: string) => string,
): PackedLayer {
  const hash = createHash('sha256');
  const lines: string[] = [];
  let sizeInBytes = 0;
  const entries = [
    ...files.map((file) => ({ at: relative(file.path), file })),
    ...[...links].map(([link, to]) => ({ at: relative(link), link: linkTarget(link, to) })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));
  for (const entry of entries) {
    if ('link' in entry) {
      hash.update(JSON.stringify([entry.at, entry.link]));
      lines.push(JSON.stringify({ path: entry.at, link: entry.link } satisfies LayerLine));
      continue;
    }
    const { path, executable } = entry.file;
    hash.update(JSON.stringify([entry.at, executable]));
    const size = gate.hashFile(path, hash);
    budget.countLayer(size);
    sizeInBytes += size;
    lines.push(JSON.stringify({ path: entry.at, file: { from: path, size, executable } } satisfies LayerLine));
  }
  const index = new TextEncoder().encode(lines.join('\n'));
  return { digest: hash.digest('hex'), sizeInBytes, files: entries.length, index };
}

/** A link's target relative to its folder. */
export function relativeLink(link: string, to: string): string {
  return posix.relative(posix.dirname(link), to);
}
