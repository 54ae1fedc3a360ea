/** A fenced block of a page that a reader may copy. */
export interface Snippet {
  readonly language: string;
  /** Of the opening fence, 1-based. */
  readonly line: number;
  readonly code: string;
  /** `file=NAME`: a file for the later snippets of its page, not run by itself. */
  readonly file: string | null;
  /** `no-run`: it cannot be run by a test. */
  readonly run: boolean;
  /** What a terminal would show, from the `text` block that follows; null when none does. */
  readonly output: string | null;
}

interface Fence {
  readonly info: readonly string[];
  readonly line: number;
  readonly code: string;
}

/**
 * The snippets of a Markdown page, in order.
 * @throws Error for a fence that is never closed, and for a word after the language that means nothing: `norun` must not
 * silently mean that it runs, nor the other way round.
 */
export function readSnippets(page: string): Snippet[] {
  const fences = readFences(page);
  return fences.flatMap((fence, index) => {
    const [language = '', ...words] = fence.info;
    if (language === '' || language === 'text') return [];
    const unknown = words.find((word) => word !== 'no-run' && !/^file=[\w./-]+$/.test(word));
    if (unknown !== undefined) throw new Error(`Line ${fence.line}: \`${unknown}\` means nothing after \`${language}\``);
    const file = words.find((word) => word.startsWith('file='))?.slice('file='.length) ?? null;
    const next = fences[index + 1];
    const output = next?.info[0] === 'text' ? next.code : null;
    return [{ language, line: fence.line, code: fence.code, file, run: file === null && !words.includes('no-run'), output }];
  });
}

function readFences(page: string): Fence[] {
  const fences: Fence[] = [];
  let open: { marker: string; info: string[]; line: number; lines: string[] } | null = null;
  for (const [index, text] of page.split('\n').entries()) {
    const [, marker, info = ''] = /^(`{3,})\s*(.*?)\s*$/.exec(text) ?? [];
    if (open === null) {
      if (marker !== undefined) open = { marker, info: info.split(/\s+/).filter(Boolean), line: index + 1, lines: [] };
    } else if (text === open.marker) {
      fences.push({ info: open.info, line: open.line, code: `${open.lines.join('\n')}\n` });
      open = null;
    } else open.lines.push(text);
  }
  if (open !== null) throw new Error(`Line ${open.line}: the fence is never closed`);
  return fences;
}

/** Whether `printed` is what the page says; `…` stands for any text within a line. White space at the ends does not count. */
export function isAsDocumented(printed: string, documented: string): boolean {
  const pattern = documented
    .trim()
    .split('…')
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*?');
  return new RegExp(`^${pattern}$`).test(printed.trim());
}
