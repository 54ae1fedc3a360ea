import { MAX_PAYLOAD } from '../wire/frames.js';
import { ProtocolError } from '../wire/wire-errors.js';

/** What is printed between the pieces of a value stays in memory as long as they do; beyond so much, they are copied out of it. */
const MOST_TEXT_BETWEEN = 2 ** 20;

/** The pieces of an encoded value as they come: whole frames but for the last, as the runner's writer cuts them. */
export class ValuePieces {
  readonly pieces: Buffer[] = [];
  length = 0;
  #textBetween = 0;
  #isWhole = true;

  /** @throws ProtocolError for an empty piece, and for one after a piece that filled no frame: there could be any number of them */
  add(piece: Buffer): void {
    if (piece.length === 0 || !this.#isWhole) throw new ProtocolError('A value came in pieces that fill no frame');
    this.#isWhole = piece.length === MAX_PAYLOAD;
    this.pieces.push(this.#textBetween > MOST_TEXT_BETWEEN ? Buffer.from(piece) : piece);
    this.length += piece.length;
  }

  /** So many bytes were printed. */
  passText(length: number): void {
    if (this.pieces.length > 0) this.#textBetween += length;
  }
}
