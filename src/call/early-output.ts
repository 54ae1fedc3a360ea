import { ByteStore } from './byte-store.js';
import { Cap } from './cap.js';
import type { Output, OutputStream } from './output.js';

/** Changes from one stream to the other that are remembered; beyond them, each stream goes on where it was last. */
const MOST_SEGMENTS = 1000;

/** What a container prints before somebody is there to take it, as far as one call would take it, in order. */
export class EarlyOutput {
  #caps: Record<OutputStream, Cap>;
  #segments: { stream: OutputStream; bytes: ByteStore }[] = [];

  /** @param maxBytes of each stream that are kept; what a module prints beyond them, the call would drop, too */
  constructor(maxBytes: number) {
    this.#caps = { stdout: new Cap(maxBytes), stderr: new Cap(maxBytes) };
  }

  add(stream: OutputStream, bytes: Buffer): void {
    const kept = this.#caps[stream].take(bytes);
    if (kept.length === 0) return;
    const isFull = this.#segments.length >= MOST_SEGMENTS;
    const last = isFull ? this.#segments.findLast((segment) => segment.stream === stream) : this.#segments.at(-1);
    const segment = last?.stream === stream ? last : { stream, bytes: new ByteStore() };
    if (segment !== last) this.#segments.push(segment);
    segment.bytes.append(kept);
  }

  /** Hands it all over, once. */
  handTo(output: Pick<Output, 'write' | 'drop'>): void {
    for (const { stream, bytes } of this.#segments) output.write(stream, bytes.all());
    for (const stream of ['stdout', 'stderr'] as const) output.drop(stream, this.#caps[stream].droppedBytes);
    this.#segments = [];
    this.#caps = { stdout: new Cap(0), stderr: new Cap(0) };
  }
}
