/** An error's message and hint apart: the library's messages end with their hint, and here it gets a line of its own. */
export function splitHint(error: Error): { message: string; hint: string | undefined } {
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  if (hint === undefined || !error.message.endsWith(hint)) return { message: error.message, hint };
  return { message: error.message.slice(0, -hint.length).replace(/\.?\s*$/, ''), hint };
}
