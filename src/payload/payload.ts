import type { SourceJob } from '../wire/protocol.js';

/** A function made ready for a container. */
export interface Payload {
  /** Deterministic, uncompressed tar archive of everything the function needs, but for packages that are in the layer. */
  readonly archive: Uint8Array;
  /** Content address of archive and layer: hexadecimal SHA-256. */
  readonly digest: string;
  /** Path of the module to load, relative to the archive's root. */
  readonly entry: string;
  /** Name of the export to call. */
  readonly exportName: string;
  /** Room that the unpacked files need in a tmpfs, in bytes, whole pages and directories included. */
  readonly unpackedInBytes: number;
  /** Packages that the image has to have; null when all that is needed is in the archive. */
  readonly layer: Layer | null;
  /** The folder in which the function starts, relative to the archive's root; it need not be in the archive. */
  readonly workingFolder: string;
  /** What the runner does with source text before it is loaded; null for what has been compiled here. */
  readonly source: SourceJob | null;
  /** Rewrites paths and positions in a stack from the container (`file:///app/...:line:col`) to the user's own sources. */
  mapStack(stack: string): string;
  /** What to do when the function failed because a file is not in the container; null where this machine has none either. */
  explainMissing(thrown: unknown): string | null;
}

/** Packages for a layer on an image: `/packages`. */
export interface Layer {
  /** Content address: hexadecimal SHA-256. */
  readonly digest: string;
  readonly sizeInBytes: number;
  readonly files: number;
  /** The layer as a tar archive, piece by piece, with paths relative to the image's root. Fails when a file has changed since. */
  open(): AsyncIterable<Uint8Array>;
}

/** A function that cannot be packed: the user's module is missing, does not compile, or has no such export. */
export class PackError extends Error {
  override readonly name: string = 'PackError';
  /** What to do about it, one sentence. */
  readonly hint: string;
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** Packing would take more than it may. */
export class BoundError extends PackError {
  override readonly name = 'BoundError';
}
