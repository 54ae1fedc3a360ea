import { ByteStore } from './byte-store.js';
import type { OutputStream } from './output.js';

/** Changes from one stream to the other that are remembered; beyond them, each stream goes on where it was last. */
const MOST_SEGMENTS = 1000;

/** What a container prints before somebody is there to take it, as far as one call would take it, in order. */
export class EarlyOutput {
  readonly #most: number;
  #length = 0;
  #segments: { stream: OutputStream; bytes: ByteStore }[] = [];

  /** @param most bytes that are kept; what a module prints beyond them, the call would drop, too */
  constructor(most: number) {
    this.#most = most;
  }

  add(stream: OutputStream, bytes: Buffer): void {
    if (this.#length > this.#most) return;
    this.#length += bytes.length;
    const isFull = this.#segments.length >= MOST_SEGMENTS;
    const last = isFull ? this.#segments.findLast((segment) => segment.stream === stream) : this.#segments.at(-1);
    const segment = last?.stream === stream ? last : { stream, bytes: new ByteStore() };
    if (segment !== last) this.#segments.push(segment);
    segment.bytes.append(bytes);
  }

  /** Hands it all over, once. */
  handTo(take: (stream: OutputStream, bytes: Buffer) => void): void {
    const segments = this.#segments;
    this.#segments = [];
    for (const { stream, bytes } of segments) take(stream, bytes.all());
  }
}
