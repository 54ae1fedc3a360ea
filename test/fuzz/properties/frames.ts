import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { createFrameParser, DELIMITER_BYTES, MAX_PAYLOAD } from '../../../src/wire/frames.js';
import { ProtocolError } from '../../../src/wire/wire-errors.js';
import { cutAt, cuts, mutate, mutations, someBytes } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';

// With repetitions, so that a part of it can begin within another.
const delimiter = Buffer.from('abababacababab!#');
const HEADER_BYTES = DELIMITER_BYTES + 7;

/** A frame, its header as somebody who knows the delimiter would write it. */
export function rawFrame(mark: Buffer, type: number, sequence: number, payload: Buffer, declared = payload.length): Buffer {
  const header = Buffer.alloc(7);
  header.writeUInt8(type & 0xff, 0);
  header.writeUInt32BE(sequence >>> 0, 1);
  header.writeUInt16BE(declared & 0xffff, 5);
  return Buffer.concat([mark, header, payload]);
}

type Piece = { text: Buffer } | { type: number; payload: Buffer; skew: number; declared: number | null };

const text = fc.oneof(
  someBytes(30),
  fc.nat(DELIMITER_BYTES).map((length) => delimiter.subarray(0, length)),
);
const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ text }),
  fc.record({
    type: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 6 }) }, { weight: 1, arbitrary: fc.nat(255) }),
    payload: fc.oneof(
      text,
      fc.constantFrom(MAX_PAYLOAD - 1, MAX_PAYLOAD).map((length) => Buffer.alloc(length, 'abababac')),
    ),
    skew: fc.oneof({ weight: 19, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer() }),
    declared: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(65_535) }),
  }),
);

function written(pieces: readonly Piece[]): Buffer {
  let sequence = 0;
  return Buffer.concat(
    pieces.map((part) => {
      if ('text' in part) return part.text;
      sequence += 1;
      return rawFrame(delimiter, part.type, sequence - 1 + part.skew, part.payload, part.declared ?? part.payload.length);
    }),
  );
}

export type Said = { readonly text: Buffer } | { readonly type: number; readonly payload: Buffer };

/** What is to come of such bytes, told from all of them at once; `refused`: they end in a frame that is none. */
export function readWhole(bytes: Buffer, mark: Buffer): { said: Said[]; refused: boolean } {
  const said: Said[] = [];
  for (let at = 0, sequence = 0; ; sequence += 1) {
    const found = bytes.indexOf(mark, at);
    said.push({ text: bytes.subarray(at, found === -1 ? bytes.length : found) });
    if (found === -1 || bytes.length - found < HEADER_BYTES) return { said, refused: false };
    const [type, number, length] = [
      bytes[found + 16] as number,
      bytes.readUInt32BE(found + 17),
      bytes.readUInt16BE(found + 21),
    ];
    if (type < 1 || type > 6 || number !== sequence || length > MAX_PAYLOAD) return { said, refused: true };
    at = found + HEADER_BYTES + length;
    if (at > bytes.length) return { said, refused: false };
    said.push({ type, payload: bytes.subarray(found + HEADER_BYTES, at) });
  }
}

/** Neighbouring texts as one. */
function show(said: readonly Said[]): string[] {
  const shown: string[] = [];
  let inText = false;
  for (const part of said) {
    if ('text' in part && part.text.length === 0) continue;
    const line = 'text' in part ? `text ${part.text.toString('hex')}` : `${part.type} ${part.payload.toString('hex')}`;
    if (inText && 'text' in part) shown.push(`${shown.pop()}${part.text.toString('hex')}`);
    else shown.push(line);
    inText = 'text' in part;
  }
  return shown;
}

/** Whatever the bytes and however cut: the same texts and frames, and a ProtocolError at the first frame that is none. */
export const frames: Fuzzed = {
  name: 'frames',
  quickRuns: 1000,
  property: fc.property(fc.array(piece, { maxLength: 8 }), mutations, cuts, (pieces, list, places) => {
    const bytes = mutate(written(pieces), list);
    const said: Said[] = [];
    const parser = createFrameParser(delimiter, {
      onText: (part) => said.push({ text: part }),
      onFrame: (type, payload) => said.push({ type, payload }),
    });
    let refused = false;
    try {
      for (const chunk of cutAt(bytes, places)) parser.push(Buffer.from(chunk));
    } catch (error) {
      assert.instance(error, ProtocolError);
      refused = true;
    }
    const atRefusal = said.length;
    if (refused) parser.push(Buffer.from('more'));
    parser.end();
    if (refused) assert.is(said.length, atRefusal);
    const whole = readWhole(bytes, delimiter);
    assert.equal({ said: show(said), refused }, { said: show(whole.said), refused: whole.refused });
  }),
};
