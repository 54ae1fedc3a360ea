const LEAST_BLOCK = 4096;
const LARGEST_BLOCK = 2 ** 20;

/**
 * Bytes that are kept, copied into blocks of their own: a piece of one byte would keep the 64 KiB alive that it came in, and a
 * container decides how it cuts what it prints.
 */
export class ByteStore {
  readonly #blocks: Buffer[] = [];
  /** What is left of the last block. */
  #room = Buffer.alloc(0);
  #length = 0;

  append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#room.length === 0) {
        this.#room = Buffer.allocUnsafeSlow(Math.min(LARGEST_BLOCK, Math.max(LEAST_BLOCK, this.#length)));
        this.#blocks.push(this.#room);
      }
      const copied = bytes.copy(this.#room, 0, at);
      this.#room = this.#room.subarray(copied);
      at += copied;
    }
    this.#length += bytes.length;
  }

  /** All of them, in order. */
  all(): Buffer {
    return Buffer.concat(this.#blocks, this.#length);
  }
}
