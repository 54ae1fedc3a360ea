/** A piece of source text to be replaced by another without line breaks. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where, in an edited text, columns moved: behind `column` of `line` they are `shift` further right. */
export interface ColumnShift {
  readonly line: number;
  readonly column: number;
  readonly shift: number;
}

/** The text with the edits made, and how to find the old column of a new one (see {@link columnBefore}). */
export function applyEdits(source: string, edits: readonly Edit[]): { text: string; shifts: ColumnShift[] } {
  const sorted = edits.toSorted((a, b) => a.start - b.start);
  const shifts: ColumnShift[] = [];
  let text = '';
  let copied = 0;
  let line = 1;
  let lineStart = 0;
  for (const edit of sorted) {
    text += source.slice(copied, edit.start);
    for (let at = text.indexOf('\n', lineStart); at !== -1; at = text.indexOf('\n', lineStart)) {
      line++;
      lineStart = at + 1;
    }
    text += edit.text;
    shifts.push({ line, column: text.length - lineStart, shift: edit.text.length - (edit.end - edit.start) });
    copied = edit.end;
  }
  return { text: text + source.slice(copied), shifts };
}

/** The column that `column` of `line` (1-based; columns 0-based) had before the edits. */
export function columnBefore(shifts: readonly ColumnShift[], line: number, column: number): number {
  let shift = 0;
  for (const each of shifts) if (each.line === line && each.column <= column) shift += each.shift;
  return Math.max(0, column - shift);
}
