import { ByteStore } from './byte-store.js';
import type { Output, OutputStream } from './output.js';

/** Changes from one stream to the other that are remembered; beyond them, each stream goes on where it was last. */
const MOST_SEGMENTS = 1000;

/** What a container prints before somebody is there to take it, as far as one call would take it, in order. */
export class EarlyOutput {
  readonly #most: number;
  readonly #taken: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  readonly #dropped: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  #segments: { stream: OutputStream; bytes: ByteStore }[] = [];

  /** @param most bytes of each stream that are kept; what a module prints beyond them, the call would drop, too */
  constructor(most: number) {
    this.#most = most;
  }

  add(stream: OutputStream, bytes: Buffer): void {
    const kept = bytes.subarray(0, Math.max(0, this.#most - this.#taken[stream]));
    this.#dropped[stream] += bytes.length - kept.length;
    if (kept.length === 0) return;
    this.#taken[stream] += kept.length;
    const isFull = this.#segments.length >= MOST_SEGMENTS;
    const last = isFull ? this.#segments.findLast((segment) => segment.stream === stream) : this.#segments.at(-1);
    const segment = last?.stream === stream ? last : { stream, bytes: new ByteStore() };
    if (segment !== last) this.#segments.push(segment);
    segment.bytes.append(kept);
  }

  /** Hands it all over, once. */
  handTo(output: Pick<Output, 'write' | 'drop'>): void {
    const segments = this.#segments;
    this.#segments = [];
    for (const { stream, bytes } of segments) output.write(stream, bytes.all());
    for (const stream of ['stdout', 'stderr'] as const) {
      output.drop(stream, this.#dropped[stream]);
      this.#dropped[stream] = 0;
    }
  }
}
