/** How much of a stream is taken: so many bytes; those over it are counted. */
export class Cap {
  readonly #maxBytes: number;
  #taken = 0;
  #dropped = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The part of a chunk that is within it: the chunk itself, or a view of it. */
  take(chunk: Buffer): Buffer {
    const room = this.#maxBytes - this.#taken;
    const within = chunk.length <= room ? chunk : chunk.subarray(0, Math.max(0, room));
    this.#taken += within.length;
    this.drop(chunk.length - within.length);
    return within;
  }

  /** Counts bytes that were over it before they came here. */
  drop(bytes: number): void {
    this.#dropped += bytes;
  }

  get droppedBytes(): number {
    return this.#dropped;
  }
}
