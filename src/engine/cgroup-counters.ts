/** What the files of a cgroup say, as text → number. The kernel counts to 2^64, which has 20 digits. */

/**
 * A file that holds one number.
 * @throws Error when it does not
 */
export function parseNumber(text: string): number {
  const match = /^(\d{1,20})\n?$/.exec(text);
  if (match === null) throw new Error(`Expected a number, got ${JSON.stringify(text)}`);
  return Number(match[1]);
}

/** One line of a file of `key value` lines; 0 when the kernel does not have it. */
export function parseKey(text: string, key: string): number {
  const match = new RegExp(`^${key} (\\d{1,20})$`, 'm').exec(text);
  return match === null ? 0 : Number(match[1]);
}
