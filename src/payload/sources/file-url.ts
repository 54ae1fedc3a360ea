import { posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { joinPieces, knownText, type Pieces, piece } from './pattern.js';

/** The path that `new URL(specifier, base)` names; null when it is not a file, or not known. @param from Path of the base. */
export function relativeUrl(specifier: Pieces, from: string): Pieces | null {
  const [first] = specifier;
  if (first === null) return null;
  const start = first?.text ?? '';
  if (/^[a-z][a-z\d+.-]*:/i.test(start)) return absoluteUrl(specifier);
  const known = knownText(specifier);
  if (known !== null) return knownUrl(known, from, specifier);
  const folder = start.startsWith('/') ? '/' : `${posix.join(`${from}x`, '..')}/`;
  return joinPieces([[piece(folder)], decoded(specifier)]);
}

/** Keeps the last literal apart when the path ends in it: an extension may be changed there. */
function knownUrl(specifier: string, from: string, pieces: Pieces): Pieces | null {
  const path = pathOf(() => new URL(specifier, pathToFileURL(from)));
  const last = pieces.at(-1);
  if (path === null || !last?.node || last.text === '' || !path.endsWith(last.text))
    return path === null ? null : [piece(path)];
  return [piece(path.slice(0, path.length - last.text.length)), last];
}

/** The path of a `file:` URL that is known; null for any other. */
export function absoluteUrl(specifier: Pieces): Pieces | null {
  const known = knownText(specifier);
  const path = known?.startsWith('file:') ? pathOf(() => new URL(known)) : null;
  return path === null ? null : [piece(path)];
}

/** Null for a text that does not name a file. */
function pathOf(url: () => URL): string | null {
  try {
    return fileURLToPath(url());
  } catch {
    return null;
  }
}

/** Without what follows `?` or `#`, and without percent-encoding. */
function decoded(specifier: Pieces): Pieces {
  const pieces: Pieces[number][] = [];
  for (const each of specifier) {
    if (each === null) {
      pieces.push(null);
      continue;
    }
    const end = each.text.search(/[?#]/);
    const path = end === -1 ? each.text : each.text.slice(0, end);
    pieces.push(piece(decodePercent(path), path === each.text && !path.includes('%') ? each.node : null));
    if (end !== -1) break;
  }
  return pieces;
}

/** As a URL's path is read; text that is badly encoded stays as it is. */
export function decodePercent(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
