import { closestTo } from '../closest.js';

/** The name that was probably meant: the closest, or one with the same letters in another order (`rnu`, `--mme`), which is two edits. */
export function suggest(given: string, names: readonly string[]): string | undefined {
  const letters = (name: string) => [...name].sort().join('');
  return names.find((name) => letters(name) === letters(given)) ?? closestTo(given, names);
}
