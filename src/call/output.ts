import { ByteStore } from './byte-store.js';
import { Cap } from './cap.js';
import { deferred } from './deferred.js';
import { passOn } from './pass-on.js';

/** Which of its two streams the function printed to. */
export type OutputStream = 'stdout' | 'stderr';

/** A piece of live output: bytes as they came, cut anywhere. */
export interface OutputChunk {
  readonly stream: OutputStream;
  readonly data: Buffer;
}

export interface OutputOptions {
  /** Bytes of each stream that are kept or passed on. */
  readonly maxBytes: number;
  readonly capture: boolean;
  /** Where output goes that is neither captured nor iterated over. */
  readonly live: Record<OutputStream, NodeJS.WritableStream>;
}

/** What is kept of one stream. */
export interface Captured {
  readonly bytes: Buffer;
  readonly droppedBytes: number;
}

/** A consumer this many bytes behind makes the container wait. */
const HIGH_WATER_MARK = 2 ** 20;
/** Bytes that a chunk takes beside its own. */
const CHUNK_OVERHEAD = 256;

/** Takes a call's output: keeps it, passes it on, or hands it to `for await`, up to a cap; the rest is counted. */
export class Output implements AsyncIterable<OutputChunk> {
  readonly #options: OutputOptions;
  readonly #kept: Record<OutputStream, ByteStore> = { stdout: new ByteStore(), stderr: new ByteStore() };
  readonly #caps: Record<OutputStream, Cap>;
  readonly #queue: OutputChunk[] = [];
  #queuedBytes = 0;
  #iterated = false;
  #ended = false;
  /** Whoever waits for more, two iterators at once for one. */
  #more = deferred<void>();
  /** Set by whoever feeds it: stop and go on. */
  onPause: () => void = () => {};
  onResume: () => void = () => {};

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#caps = { stdout: new Cap(options.maxBytes), stderr: new Cap(options.maxBytes) };
  }

  /** Takes a chunk, which the caller must not reuse. */
  write(stream: OutputStream, chunk: Buffer): void {
    const data = this.#caps[stream].take(chunk);
    if (data.length === 0) return;
    if (this.#options.capture) this.#kept[stream].append(data);
    if (this.#iterated) this.#enqueue({ stream, data });
    else if (!this.#options.capture) this.#passOn(stream, data);
  }

  /** Counts bytes that were over the cap before they came here. */
  drop(stream: OutputStream, bytes: number): void {
    this.#caps[stream].drop(bytes);
  }

  /** From now on nothing waits for a slow consumer: the call is ending, and what the container still printed must be taken. */
  letGo(): void {
    this.onPause = () => {};
    this.onResume();
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** What was kept of a stream; empty when nothing is captured. */
  captured(stream: OutputStream): Captured {
    return { bytes: this.#kept[stream].all(), droppedBytes: this.#caps[stream].droppedBytes };
  }

  /** Live output from now on, instead of to this process's streams. Leaving the loop early drops the rest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk, void, undefined> {
    try {
      while (true) {
        const chunk = this.#queue.shift();
        if (chunk !== undefined) {
          this.#dequeued(chunk.data.length + CHUNK_OVERHEAD);
          yield chunk;
        } else if (this.#ended) return;
        else await this.#more.promise;
      }
    } finally {
      this.#queue.length = 0;
      this.#dequeued(this.#queuedBytes);
      this.end();
    }
  }

  /** Output goes to an iterator from now on. A generator's body runs at its first `next` only, so this is said apart. */
  divert(): void {
    this.#iterated = true;
  }

  #enqueue(chunk: OutputChunk): void {
    if (this.#ended) return;
    this.#queue.push({ ...chunk, data: apart(chunk.data) });
    this.#queuedBytes += chunk.data.length + CHUNK_OVERHEAD;
    if (this.#queuedBytes > HIGH_WATER_MARK) this.onPause();
    this.#wake();
  }

  #wake(): void {
    this.#more.resolve(undefined);
    this.#more = deferred<void>();
  }

  #dequeued(bytes: number): void {
    const wasFull = this.#queuedBytes > HIGH_WATER_MARK;
    this.#queuedBytes -= bytes;
    if (wasFull && this.#queuedBytes <= HIGH_WATER_MARK) this.onResume();
  }

  #passOn(stream: OutputStream, data: Buffer): void {
    if (passOn(this.#options.live[stream], data, () => this.onResume()) === 'full') this.onPause();
  }
}

/** A small piece of what was read at once, which would keep all of that, copied out of it. */
function apart(data: Buffer): Buffer {
  return data.length * 4 < data.buffer.byteLength ? Buffer.from(data) : data;
}
