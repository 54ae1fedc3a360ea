import { BoundError } from '../payload.js';

const MEBIBYTE = 2 ** 20;

/** A module of your own, a bundle included. */
export const MAX_MODULE_IN_BYTES = 32 * MEBIBYTE;
/** A manifest or a tsconfig.json. */
export const MAX_CONFIG_IN_BYTES = 4 * MEBIBYTE;
/** A file that travels in the archive: it is held in memory here, and charged to the call's memory there. */
export const MAX_FILE_IN_BYTES = 256 * MEBIBYTE;
const MAX_ARCHIVE_IN_BYTES = 512 * MEBIBYTE;
/** A file of a package: it is copied from disk to disk. */
export const MAX_PACKAGE_FILE_IN_BYTES = 2048 * MEBIBYTE;
const MAX_LAYER_IN_BYTES = 8192 * MEBIBYTE;
/** Packages up to this size travel with each call; larger sets become a layer on the image. */
export const MAX_PACKAGES_IN_ARCHIVE_IN_BYTES = 4 * MEBIBYTE;
/** Files and folders that are looked at for one module: a large monorepo's node_modules has some 100,000. */
const MAX_FILES = 500_000;
/** Folders within folders. */
export const MAX_FOLDER_DEPTH = 64;
/** Files that one template (`import(`./plugins/${name}.js`)`), folder or glob stands for. */
export const MAX_MATCHES = 10_000;
/** Characters of a path that code computes; Linux has 4,096 (PATH_MAX). */
export const MAX_PATH_LENGTH = 4096;

/** What one packing may still use. */
export interface Budget {
  /** Counts a file or folder that is looked at. @throws BoundError beyond {@link MAX_FILES} */
  countFile(): void;
  /** Counts bytes for the archive. @throws BoundError beyond {@link MAX_ARCHIVE_IN_BYTES} */
  countArchive(bytes: number): void;
  /** Counts bytes for a layer. @throws BoundError beyond {@link MAX_LAYER_IN_BYTES} */
  countLayer(bytes: number): void;
}

export function openBudget(): Budget {
  let files = 0;
  let archive = 0;
  let layer = 0;
  return {
    countFile() {
      if (++files <= MAX_FILES) return;
      throw new BoundError(
        `Packing looked at more than ${MAX_FILES} files`,
        'Import fewer packages, set `root` to a smaller folder, or narrow `include`',
      );
    },
    countArchive(bytes) {
      archive += bytes;
      if (archive <= MAX_ARCHIVE_IN_BYTES) return;
      throw new BoundError(
        `The files that travel have more than ${inMegabytes(MAX_ARCHIVE_IN_BYTES)}`,
        "Leave some out with `include: ['!folder/**']`, or pass data as an argument",
      );
    },
    countLayer(bytes) {
      layer += bytes;
      if (layer <= MAX_LAYER_IN_BYTES) return;
      throw new BoundError(
        `The packages that travel have more than ${inMegabytes(MAX_LAYER_IN_BYTES)}`,
        "Leave some out with `packages: ['!name']`",
      );
    },
  };
}

/** For messages: `12.5 MB`. */
export function inMegabytes(bytes: number): string {
  return `${Number((bytes / MEBIBYTE).toFixed(1))} MB`;
}
