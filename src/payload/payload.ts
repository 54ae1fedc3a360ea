/** A function made ready for a container. */
export interface Payload {
  /** Deterministic, uncompressed tar archive of everything the function needs. */
  readonly archive: Uint8Array;
  /** Content address of {@link archive}: hexadecimal SHA-256. */
  readonly digest: string;
  /** Path of the module to load, relative to the archive's root. */
  readonly entry: string;
  /** Name of the export to call. */
  readonly exportName: string;
  /** Room that the unpacked files need in a tmpfs, in bytes, whole pages and directories included. */
  readonly unpackedInBytes: number;
  /** Rewrites paths and positions in a stack from the container (`file:///app/...:line:col`) to the user's own sources. */
  mapStack(stack: string): string;
}

/** A function that cannot be packed: the user's module is missing, does not compile, or has no such export. */
export class PackError extends Error {
  override readonly name = 'PackError';
  /** What to do about it, one sentence. */
  readonly hint: string;
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
