import { posix } from 'node:path';
import type { AnyNode } from 'acorn';
import { MAX_PATH_LENGTH } from '../files/bounds.js';
import type { TextPattern } from '../files/glob.js';

/** A part of a text that code puts together: what it is, and the literal it comes from, if that is in the very expression. */
export interface Piece {
  readonly text: string;
  readonly node: AnyNode | null;
}

/** The parts of a text; null for one that only running the code can tell. */
export type Pieces = readonly (Piece | null)[];

/** The text, if all of it is known. */
export function knownText(pieces: Pieces): string | null {
  let text = '';
  for (const piece of pieces) {
    if (piece === null) return null;
    text += piece.text;
  }
  return text;
}

export function patternOf(pieces: Pieces): TextPattern {
  return pieces.map((piece) => piece?.text ?? null);
}

export function piece(text: string, node: AnyNode | null = null): Piece {
  return { text, node };
}

/** The same text, of which no literal can be changed: it may be used elsewhere, too. */
export function withoutNodes(pieces: Pieces): Pieces {
  return pieces.map((each) => (each === null ? null : piece(each.text)));
}

/** Null for what is too long for a path. */
export function concatenate(...lists: readonly Pieces[]): Pieces | null {
  const pieces = lists.flat();
  const length = pieces.reduce((sum, each) => sum + (each?.text.length ?? 1), 0);
  return length > MAX_PATH_LENGTH || pieces.length > MAX_PATH_LENGTH ? null : pieces;
}

/** Stands for an unknown part while a path is normalized. */
const MARK = '\u0001';

/** Like path.join. Null where `..` comes after an unknown part, and so may lead anywhere. */
export function joinPieces(lists: readonly Pieces[]): Pieces | null {
  const parts = lists.filter((list) => knownText(list) !== '');
  const all = concatenate(...parts.flatMap((list, index) => (index === 0 ? [list] : [[piece('/')], list])));
  if (all === null || all.some((each) => each?.text.includes(MARK))) return null;
  const marked = all.map((each) => each?.text ?? MARK).join('');
  if (/(?:^|\/)\.\.(?:\/|$)/.test(marked.slice(marked.indexOf(MARK) + 1)) && marked.includes(MARK)) return null;
  return withLastLiteral(posix.join(marked), all.at(-1) ?? null);
}

/** Keeps the last literal apart when the path ends in it: an extension may be changed there. */
function withLastLiteral(marked: string, last: Piece | null): Pieces {
  const isKept = last !== null && last.node !== null && marked.endsWith(last.text);
  const start = isKept ? marked.slice(0, marked.length - last.text.length) : marked;
  const pieces = start.split(MARK).flatMap((text, index) => (index === 0 ? [piece(text)] : [null, piece(text)]));
  return [...pieces, ...(isKept ? [last] : [])].filter((each) => each?.text !== '');
}
