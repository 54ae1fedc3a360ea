import { stripVTControlCharacters, styleText } from 'node:util';

/** Whether `stream` is a terminal that may be coloured: https://no-color.org, and TERM=dumb. */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Paints text for one stream, or leaves it as it is. */
export type Paint = (style: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string;

export function painter(stream: { readonly isTTY?: boolean }): Paint {
  return wantsColour(stream) ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/** Columns that text takes on a terminal, near enough for what we print ourselves. */
export function visibleWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
