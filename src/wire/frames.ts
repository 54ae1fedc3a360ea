/**
 * What the runner says to the host, in the midst of what the function prints to the same stdout.
 *
 *     delimiter (16 bytes) · type u8 · sequence u32 BE · length u16 BE · payload
 *
 * A frame has at most PIPE_BUF = 4096 bytes and goes out with one write on a blocking descriptor, as may another one with it
 * where both have room; the kernel keeps such a write whole (pipe(7)): neither threads nor child processes that write to the
 * same pipe can tear it. Frames of a large value, which have just that size, go out sixteen at a time: a pipe's buffers are pages, a
 * write whose length is a multiple of theirs fills them one by one (pipe_write in Linux's fs/pipe.c), and what others write comes
 * between two pages, which is between two frames. The delimiter is random, so no print can look like it, and the sequence number
 * shows a frame that was lost or forged.
 */
import { GuestFrame, type GuestFrameType } from './protocol.js';
import { ProtocolError } from './wire-errors.js';

export const MAX_FRAME = 4096;
export const DELIMITER_BYTES = 16;
const HEADER_BYTES = DELIMITER_BYTES + 1 + 4 + 2;
export const MAX_PAYLOAD = MAX_FRAME - HEADER_BYTES;
/** What a pipe holds (pipe(7)). */
const MAX_WRITE = 16 * MAX_FRAME;

export interface FrameWriter {
  /** One frame. @throws RangeError when the payload has more than {@link MAX_PAYLOAD} bytes. */
  write(type: GuestFrameType, payload?: Uint8Array): void;
  /** As many Value frames as the pieces of an encoded value need, and End; together with the last of them, where both have room. */
  writeEnd(value: readonly Uint8Array[], end: Uint8Array): void;
}

/**
 * @param delimiter the container's {@link DELIMITER_BYTES} random bytes.
 * @param writeWhole writes all the first `length` bytes of `frames`, which are used again afterwards: at most {@link MAX_FRAME} of
 * them, at once, or whole frames of that size.
 */
export function createFrameWriter(
  delimiter: Uint8Array,
  writeWhole: (frames: Uint8Array, length: number) => void,
): FrameWriter {
  const buffer = new Uint8Array(MAX_WRITE);
  const view = new DataView(buffer.buffer);
  /** Where the next frame begins: those before it are ready to go. */
  let start = 0;
  let sequence = 0;

  function flush(): void {
    const length = start;
    // Before the write, which may throw although all is written: what has gone must not go again.
    start = 0;
    if (length > 0) writeWhole(buffer, length);
  }
  /** Makes a frame of the `length` bytes of payload that are already in place. */
  function complete(type: GuestFrameType, length: number): void {
    buffer.set(delimiter, start);
    view.setUint8(start + DELIMITER_BYTES, type);
    view.setUint32(start + DELIMITER_BYTES + 1, sequence);
    view.setUint16(start + DELIMITER_BYTES + 5, length);
    sequence = (sequence + 1) >>> 0;
    start += HEADER_BYTES + length;
  }

  function write(type: GuestFrameType, payload: Uint8Array): void {
    if (payload.length > MAX_PAYLOAD) throw new RangeError(`A frame of ${payload.length} bytes, of at most ${MAX_PAYLOAD}`);
    if (start + HEADER_BYTES + payload.length > MAX_FRAME) flush();
    buffer.set(payload, start + HEADER_BYTES);
    complete(type, payload.length);
    flush();
  }
  /** A frame that is not full goes by itself, or with others as small. */
  function completeLast(length: number): void {
    if (start > 0) {
      const from = start;
      flush();
      buffer.copyWithin(0, from, from + HEADER_BYTES + length);
    }
    complete(GuestFrame.Value, length);
  }

  return {
    write: (type, payload = new Uint8Array(0)) => write(type, payload),
    writeEnd(value, end) {
      let filled = 0;
      for (const piece of value) {
        for (let at = 0; at < piece.length; ) {
          const part = piece.subarray(at, at + MAX_PAYLOAD - filled);
          buffer.set(part, start + HEADER_BYTES + filled);
          filled += part.length;
          at += part.length;
          if (filled === MAX_PAYLOAD) {
            complete(GuestFrame.Value, filled);
            filled = 0;
            if (start === MAX_WRITE) flush();
          }
        }
      }
      if (filled > 0) completeLast(filled);
      write(GuestFrame.End, end);
    },
  };
}

export interface FrameParser {
  /** The next bytes, cut anyhow. @throws ProtocolError; nothing more can be parsed then, and nothing more is handed out. */
  push(chunk: Buffer): void;
  /**
   * No more bytes come: hands out text that was held back. A frame that had only begun is dropped, as its sender was killed or
   * its connection broke; that the End frame is missing says so.
   */
  end(): void;
}

export interface FrameHandlers {
  /** Bytes that the function printed, in order, not copied. */
  onText(text: Buffer): void;
  /** A frame; `payload` stays as it is. */
  onFrame(type: GuestFrameType, payload: Buffer): void;
}

/**
 * Tells frames from text in the container's stdout. Takes time linear in the bytes, and holds back no more than one frame, or
 * those last bytes of a chunk that can be the beginning of the delimiter.
 */
export function createFrameParser(delimiter: Uint8Array, { onText, onFrame }: FrameHandlers): FrameParser {
  const mark = Buffer.from(delimiter);
  /** Its first `held` bytes are held back: the beginning of a delimiter, or of a frame. */
  const store = Buffer.alloc(MAX_FRAME);
  let held = 0;
  let sequence = 0;
  let failed = false;

  function fail(message: string): never {
    failed = true;
    held = 0;
    throw new ProtocolError(message);
  }

  /** Bytes at the end of `bytes` that begin the delimiter, at least from `from` on. */
  function beginningAtEnd(bytes: Buffer, from: number): number {
    const first = mark.readUInt8(0);
    let at = bytes.indexOf(first, Math.max(from, bytes.length - DELIMITER_BYTES + 1));
    while (at !== -1 && bytes.compare(mark, 0, bytes.length - at, at) !== 0) at = bytes.indexOf(first, at + 1);
    return at === -1 ? 0 : bytes.length - at;
  }

  /** Length of the frame that begins at `at`, as far as it can be known: undefined when its header is not complete. */
  function frameLength(bytes: Buffer, at: number): number | undefined {
    if (bytes.length - at < HEADER_BYTES) return undefined;
    const type = bytes.readUInt8(at + DELIMITER_BYTES);
    if (type < GuestFrame.Loading || type > GuestFrame.Flushed) fail(`Frame ${sequence} has the unknown type ${type}`);
    const number = bytes.readUInt32BE(at + DELIMITER_BYTES + 1);
    if (number !== sequence) fail(`Frame ${sequence} has the number ${number}`);
    const length = bytes.readUInt16BE(at + DELIMITER_BYTES + 5);
    if (length > MAX_PAYLOAD) fail(`Frame ${sequence} has ${length} bytes of payload, of at most ${MAX_PAYLOAD}`);
    return HEADER_BYTES + length;
  }

  /** Hands out all that is complete in `bytes`, and holds back the rest. */
  function parse(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      const found = bytes.indexOf(mark, at);
      const textEnd = found === -1 ? bytes.length - beginningAtEnd(bytes, at) : found;
      if (textEnd > at) onText(bytes.subarray(at, textEnd));
      at = textEnd;
      if (found === -1) break;
      const length = frameLength(bytes, at);
      if (length === undefined || length > bytes.length - at) break;
      sequence = (sequence + 1) >>> 0;
      const type = bytes.readUInt8(at + DELIMITER_BYTES) as GuestFrameType;
      onFrame(type, bytes.subarray(at + HEADER_BYTES, at + length));
      at += length;
    }
    held = bytes.copy(store, 0, at);
  }

  /** How many bytes of the frame that has begun in the store must be there before parsing them can tell anything new. */
  function wanted(): number {
    return frameLength(store.subarray(0, held), 0) ?? HEADER_BYTES;
  }

  return {
    push(chunk) {
      if (failed) return;
      let rest = chunk;
      while (held > 0) {
        if (held < DELIMITER_BYTES) {
          // Most likely text, of which the next byte may look like a beginning again: all at once, or a function that prints the
          // delimiter's first byte over and over has each of them handled by itself (10 s for a megabyte).
          rest = Buffer.concat([store.subarray(0, held), rest]);
          held = 0;
          break;
        }
        const goal = wanted();
        const taken = rest.copy(store, held, 0, goal - held);
        held += taken;
        rest = rest.subarray(taken);
        if (held < goal) return;
        const bytes = Buffer.from(store.subarray(0, held));
        held = 0;
        parse(bytes);
      }
      parse(rest);
    },
    end() {
      if (held > 0 && held < DELIMITER_BYTES) onText(Buffer.from(store.subarray(0, held)));
      held = 0;
    },
  };
}
