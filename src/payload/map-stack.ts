import { SourceMap, type SourceMapPayload } from 'node:module';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE_DIRECTORY, PACKAGES_DIRECTORY } from '../wire/protocol.js';
import { type ColumnShift, columnBefore } from './sources/edits.js';

/** Where the code of a file in the container came from. */
export interface Origin {
  /** Shown in place of the container's path. */
  readonly path: string;
  /** From the code as compiled to the user's source; null when they are the same. Its one source is the user's file. */
  readonly map: SourceMapPayload | null;
  /** What was changed in the code after that. */
  readonly shifts: readonly ColumnShift[];
  /** Lines that were put in front. */
  readonly extraLines: number;
}

/** The stack comes from code that may be hostile: what is beyond these is cut off or left as it is. */
const MOST_CHARACTERS = 64 * 1024;
const MOST_LINES = 200;
const LONGEST_LINE = 4096;

const position = /(?<![\w/.-])(file:\/\/)?(\/(?:app|packages)\/.+?):(\d{1,9})(?::(\d{1,9}))?(?![\w:])/g;
/** The end of every position. */
const lineNumber = /:\d{1,9}(?::\d{1,9})?(?![\w:])/g;
const runnerFrame = /^\s+at .*(?:^|[\s(])(?:file:\/\/)?\/nisher\//;

/**
 * The function that rewrites positions in `/app` and `/packages` to the user's files, and leaves out the frames of the runner. It never
 * throws.
 *
 * @param origins By path relative to `/app`.
 * @param show How any other file is shown, by its path relative to `/app` or `/packages`; null: as it is.
 */
export function makeStackMapper(
  origins: ReadonlyMap<string, Origin>,
  show: ((path: string) => string) | null,
): (stack: string) => string {
  const maps = new Map<Origin, SourceMap | null>();

  function mapOf(origin: Origin): SourceMap | null {
    let map = maps.get(origin);
    if (map === undefined) {
      map = origin.map === null ? null : new SourceMap(origin.map);
      maps.set(origin, map);
    }
    return map;
  }

  function mapPosition(
    all: string,
    scheme: string | undefined,
    path: string,
    line: string,
    column: string | undefined,
  ): string {
    try {
      const inContainer = scheme === undefined ? path : fileURLToPath(`file://${path}`);
      const isCode = inContainer.startsWith(`${CODE_DIRECTORY}/`);
      const name = posix.relative(isCode ? CODE_DIRECTORY : PACKAGES_DIRECTORY, inContainer);
      const origin = isCode ? origins.get(name) : undefined;
      if (origin !== undefined) return originalPosition(origin, mapOf(origin), Number(line), column);
      if (show === null || name.startsWith('..')) return all;
      return `${show(name)}:${line}${column === undefined ? '' : `:${column}`}`;
    } catch {
      return all;
    }
  }

  return (stack) => {
    const lines = stack.slice(0, MOST_CHARACTERS).split('\n').slice(0, MOST_LINES);
    return lines
      .filter((line) => line.length > LONGEST_LINE || !runnerFrame.test(line))
      .map((line) => {
        // Each `/app/` after the last number would be followed to the end of the line in vain: 64 stacks of them took 10 s.
        const end = line.length > LONGEST_LINE ? 0 : endOfLast(lineNumber, line);
        return line.slice(0, end).replace(position, mapPosition) + line.slice(end);
      })
      .join('\n');
  };
}

/** Where the last match ends; 0 when there is none. */
function endOfLast(pattern: RegExp, text: string): number {
  const last = [...text.matchAll(pattern)].at(-1);
  return last === undefined ? 0 : last.index + last[0].length;
}

function originalPosition(origin: Origin, map: SourceMap | null, lineNumber: number, columnText: string | undefined): string {
  const line = Math.max(1, lineNumber - origin.extraLines);
  const column = columnText === undefined ? null : columnBefore(origin.shifts, lineNumber, Number(columnText) - 1);
  const entry = map?.findEntry(line - 1, column ?? 0);
  if (entry !== undefined && 'originalLine' in entry) {
    return `${origin.path}:${entry.originalLine + 1}${column === null ? '' : `:${entry.originalColumn + 1}`}`;
  }
  return `${origin.path}:${line}${column === null ? '' : `:${column + 1}`}`;
}
