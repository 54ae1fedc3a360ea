/** An error's message and hint apart: the library's messages end with their hint, and here it gets a line of its own. */
export function splitHint(error: Error): { message: string; hint: string | undefined } {
  return {
    message: 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message,
    hint: 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined,
  };
}
