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

/**
 * Like path.join: with `/` in between, and without `.` and `..` as far as it is known. Null where `..` comes after an unknown part, and so
 * may lead anywhere.
 */
export function joinPieces(lists: readonly Pieces[]): Pieces | null {
  const all = concatenate(...lists.flatMap((list, index) => (index === 0 ? [list] : [[piece('/')], list])));
  if (all === null) return null;
  const unknown = all.indexOf(null);
  if (unknown === -1) return normalized(all);
  const rest = all.slice(unknown);
  if (rest.some((each) => each !== null && /(?:^|\/)\.\.(?:\/|$)/.test(each.text))) return null;
  const folder = `${posix.join(`${knownText(all.slice(0, unknown)) ?? ''}x`, '..')}/`;
  const name = /[^/]*$/.exec(knownText(all.slice(0, unknown)) ?? '')?.[0] ?? '';
  return [piece(folder + name), ...rest];
}

/** Keeps the last literal apart when the text ends in it: an extension may be changed there. */
function normalized(pieces: Pieces): Pieces {
  const text = posix.join(knownText(pieces) ?? '');
  const last = pieces.at(-1);
  if (last === null || last === undefined || last.node === null || !text.endsWith(last.text)) return [piece(text)];
  return [piece(text.slice(0, text.length - last.text.length)), last];
}
