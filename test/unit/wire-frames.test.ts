import * as assert from 'uvu/assert';
import { createFrameParser, createFrameWriter, DELIMITER_BYTES, MAX_FRAME, MAX_PAYLOAD } from '../../src/wire/frames.js';
import { GuestFrame, type GuestFrameType } from '../../src/wire/protocol.js';
import { ProtocolError } from '../../src/wire/wire-errors.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('frames');

// With repetitions, so that a part of it can begin within another: the worst case for telling text from it.
const delimiter = Buffer.from('abababacababab!#');

type Piece = { text: Buffer } | { type: GuestFrameType; payload: Buffer };

/** What a runner's stdout holds when these pieces are written one after another. */
function written(pieces: readonly Piece[]): Buffer {
  const out: Buffer[] = [];
  const writer = createFrameWriter(delimiter, (frame, length) => out.push(Buffer.from(frame.subarray(0, length))));
  for (const piece of pieces) {
    if ('text' in piece) out.push(piece.text);
    else writer.write(piece.type, piece.payload);
  }
  return Buffer.concat(out);
}

function parser() {
  const got: Piece[] = [];
  const parse = createFrameParser(delimiter, {
    onText(text) {
      const last = got.at(-1);
      if (last && 'text' in last) last.text = Buffer.concat([last.text, text]);
      else got.push({ text: Buffer.from(text) });
    },
    onFrame: (type, payload) => got.push({ type, payload }),
  });
  return { ...parse, got };
}

function show(pieces: readonly Piece[]): string[] {
  return pieces.map((piece) =>
    'text' in piece ? `text ${piece.text.toString('hex')}` : `${piece.type} ${piece.payload.toString('hex')}`,
  );
}

/** Neighbouring texts as one, empty ones left out. */
function merged(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (!('text' in piece)) result.push(piece);
    else if (last && 'text' in last) last.text = Buffer.concat([last.text, piece.text]);
    else if (piece.text.length > 0) result.push({ text: piece.text });
  }
  return result;
}

const text = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: DELIMITER_BYTES - 1 }).map((length) => delimiter.subarray(0, length)),
      fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('ab', 'abab', 'ababac', 'abababacababab!').map((prefix) => Buffer.from(prefix)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => ({ text: Buffer.concat(parts) }))
  .filter((piece) => !piece.text.includes(delimiter));
const frame = fc
  .tuple(fc.constantFrom(...Object.values(GuestFrame)), fc.oneof(fc.nat(40), fc.constantFrom(MAX_PAYLOAD - 1, MAX_PAYLOAD)))
  .map(([type, length]) => ({ type, payload: Buffer.alloc(length, 'abababac') }));
const pieces = fc.array(fc.oneof(text, frame), { maxLength: 8 });

test('gives back text and frames, however they are cut', () => {
  const cut = fc.oneof(fc.constant(1), fc.nat(5), fc.nat(5000));
  fc.assert(
    fc.property(pieces, fc.array(cut, { minLength: 1, maxLength: 20 }), (list, cuts) => {
      // Two neighbouring texts may happen to spell the delimiter.
      fc.pre(merged(list).every((piece) => !('text' in piece && piece.text.includes(delimiter))));
      const bytes = written(list);
      const { push, end, got } = parser();
      for (let at = 0, n = 0; at < bytes.length; n += 1) {
        const size = Math.max(1, cuts[n % cuts.length] ?? 1);
        push(Buffer.from(bytes.subarray(at, at + size)));
        at += size;
      }
      end();
      assert.equal(show(got), show(merged(list)));
    }),
    { numRuns: 1000 },
  );
});

test('hands out at once whatever cannot be the beginning of a delimiter', () => {
  const { push, got } = parser();
  push(Buffer.from('hello aba'));
  assert.equal(show(got), show([{ text: Buffer.from('hello ') }]));
  push(Buffer.from('x'));
  assert.equal(show(got), show([{ text: Buffer.from('hello abax') }]));
});

test('does not copy text', () => {
  const chunk = Buffer.from('some text');
  let shared = false;
  createFrameParser(delimiter, { onText: (part) => (shared = part.buffer === chunk.buffer), onFrame() {} }).push(chunk);
  assert.ok(shared);
});

test('takes linear time for the worst text, byte by byte too', () => {
  const bytes = Buffer.alloc(2e6, delimiter.subarray(0, DELIMITER_BYTES - 1));
  let length = 0;
  const whole = createFrameParser(delimiter, { onText: (part) => (length += part.length), onFrame() {} });
  whole.push(bytes);
  whole.end();
  const single = createFrameParser(delimiter, { onText: (part) => (length += part.length), onFrame() {} });
  for (let at = 0; at < 3e5; at += 1) single.push(bytes.subarray(at, at + 1));
  single.end();
  assert.is(length, 2e6 + 3e5);
});

test("a flood of the delimiter's first byte is handed out as it comes, not byte by byte", () => {
  let pieces = 0;
  let bytes = 0;
  const { push } = createFrameParser(delimiter, {
    onText(text) {
      pieces += 1;
      bytes += text.length;
    },
    onFrame: () => assert.unreachable(),
  });
  for (let chunk = 0; chunk < 16; chunk += 1) push(Buffer.alloc(2 ** 16, delimiter.subarray(0, 1)));
  // The last one is held back: it may begin a frame.
  assert.equal([pieces, bytes], [16, 2 ** 20 - 1]);
});

test('the writer cuts a value into whole frames, in as few writes as keep each frame whole', () => {
  const writes: number[] = [];
  const { push, got } = parser();
  const writer = createFrameWriter(delimiter, (bytes, length) => {
    writes.push(length);
    push(Buffer.from(bytes.subarray(0, length)));
  });
  const end = Buffer.from('end');
  const value = Buffer.from(Array.from({ length: 3 * MAX_PAYLOAD + 10 }, (_, n) => n % 251));
  writer.writeEnd([value.subarray(0, 1), value.subarray(1, 5000), value.subarray(5000, 5000), value.subarray(5000)], end);
  // The full ones go together, each a page of the pipe's; the last piece and the End share a write.
  assert.equal(writes, [3 * MAX_FRAME, 2 * (MAX_FRAME - MAX_PAYLOAD) + 10 + end.length]);
  const payloads = got.splice(0).map((piece) => ('payload' in piece ? piece.payload : Buffer.alloc(0)));
  assert.ok(Buffer.concat(payloads).equals(Buffer.concat([value, end])));
  writer.writeEnd([], end);
  assert.is(writes.length, 3);
  // No room for both: the last piece goes by itself.
  writer.writeEnd([value.subarray(0, MAX_PAYLOAD - 5)], end);
  assert.equal(writes.slice(3), [MAX_FRAME - 5, MAX_FRAME - MAX_PAYLOAD + end.length]);
  assert.throws(() => writer.write(GuestFrame.End, new Uint8Array(MAX_PAYLOAD + 1)), /4074/);
  // No more than a pipe holds.
  writer.writeEnd([Buffer.alloc(17 * MAX_PAYLOAD + 1)], end);
  assert.equal(writes.slice(5), [16 * MAX_FRAME, MAX_FRAME, 2 * (MAX_FRAME - MAX_PAYLOAD) + 1 + end.length]);
  assert.ok(
    Buffer.concat(got.slice(-19, -1).map((piece) => ('payload' in piece ? piece.payload : end))).equals(
      Buffer.alloc(17 * MAX_PAYLOAD + 1),
    ),
  );
});

test('a frame that was written is not sent again, although its write threw', () => {
  const out: Buffer[] = [];
  const writer = createFrameWriter(delimiter, (frames, length) => {
    out.push(Buffer.from(frames.subarray(0, length)));
    throw new Error('written, and thrown');
  });
  assert.throws(() => writer.write(GuestFrame.Loading), /written, and thrown/);
  assert.throws(() => writer.write(GuestFrame.Loaded), /written, and thrown/);
  const { push, got } = parser();
  push(Buffer.concat(out));
  assert.equal(show(got), [`${GuestFrame.Loading} `, `${GuestFrame.Loaded} `]);
});

test('what was handed out stays as it is', () => {
  const { push, got } = parser();
  const bytes = written([
    { type: GuestFrame.End, payload: Buffer.from('first') },
    { type: GuestFrame.End, payload: Buffer.from('other') },
  ]);
  for (const byte of bytes) push(Buffer.from([byte]));
  assert.equal(
    show(got),
    show([
      { type: GuestFrame.End, payload: Buffer.from('first') },
      { type: GuestFrame.End, payload: Buffer.from('other') },
    ]),
  );
});

/** A frame header as a forger would make it. */
function header(type: number, sequence: number, length: number): Buffer {
  const bytes = Buffer.alloc(7);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt32BE(sequence, 1);
  bytes.writeUInt16BE(length, 5);
  return Buffer.concat([delimiter, bytes]);
}

test('refuses frames that are forged, out of order or too long, and says nothing after that', () => {
  for (const [bytes, message] of [
    [header(0, 0, 0), /unknown type 0/],
    [header(7, 0, 0), /unknown type 7/],
    [header(GuestFrame.End, 1, 0), /has the number 1/],
    [header(GuestFrame.Value, 0, MAX_PAYLOAD + 1), /of at most 4073/],
    [
      Buffer.concat([written([{ type: 1, payload: Buffer.alloc(0) }]), header(GuestFrame.End, 0, 0)]),
      /Frame 1 has the number 0/,
    ],
  ] as const) {
    for (const size of [1, 7, bytes.length]) {
      const { push, end, got } = parser();
      let failure: unknown;
      try {
        for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size));
      } catch (error) {
        failure = error;
      }
      assert.instance(failure, ProtocolError);
      assert.match((failure as Error).message, message);
      const before = got.length;
      push(Buffer.from('more'));
      end();
      assert.is(got.length, before);
    }
  }
});

test('at the end, held-back text comes out and a torn frame does not', () => {
  const held = parser();
  held.push(Buffer.from('text abab'));
  held.end();
  assert.equal(show(held.got), show([{ text: Buffer.from('text abab') }]));
  const whole = written([{ type: GuestFrame.End, payload: Buffer.from('payload') }]);
  for (let length = DELIMITER_BYTES; length < whole.length; length += 1) {
    const torn = parser();
    torn.push(whole.subarray(0, length));
    torn.end();
    assert.equal(torn.got, []);
  }
});
