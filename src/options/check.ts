import { inspect } from 'node:util';
import { closestTo } from '../closest.js';

/** Checks that options share. Each names the option, what was expected, and what was given. */

/** @throws TypeError for an option that does not exist, with the one that was probably meant. */
export function refuseUnknown(options: object, known: readonly string[], owner: string): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = closestTo(name, known);
    const hint = meant === undefined ? `The options are ${known.join(', ')}` : `Did you mean \`${meant}\`?`;
    throw new TypeError(`Unknown option \`${name}\` of \`${owner}\`. ${hint}`);
  }
}

/** @throws TypeError unless it is an object. */
export function requireObject(options: unknown, owner: string): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new TypeError(`Expected the options of \`${owner}\` to be an object, got ${describe(options)}`);
}

/** A list of texts, each as `accepts` wants it. @throws TypeError */
export function texts(
  name: string,
  value: unknown,
  expected: string,
  accepts: (text: string) => boolean = () => true,
): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError(wrong(name, `an array of ${expected}`, value));
  for (const each of value) {
    if (typeof each !== 'string' || each === '' || each.includes('\0') || !accepts(each)) {
      throw new TypeError(wrong(name, `an array of ${expected}`, each));
    }
  }
  return [...(value as string[])];
}

/** One of several words. @throws TypeError | RangeError */
export function oneOf<T extends string>(name: string, value: unknown, choices: readonly T[], fallback: T): T {
  if (value === undefined || value === null) return fallback;
  const expected = choices.map((each) => `'${each}'`).join(' or ');
  if (typeof value !== 'string') throw new TypeError(wrong(name, expected, value));
  const found = choices.find((each) => each === value);
  if (found === undefined) throw new RangeError(wrong(name, expected, value));
  return found;
}

/** @throws TypeError | RangeError */
export function positiveNumber(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'number') throw new TypeError(wrong(name, 'a positive number', value));
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(wrong(name, 'a positive number', value));
  return value;
}

export function wrong(name: string, expected: string, given: unknown): string {
  return `Expected \`${name}\` to be ${expected}, got ${describe(given)}`;
}

/** A value as a message shows it. */
export function describe(value: unknown): string {
  const shown = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80, maxArrayLength: 3 });
  return value === null || value === undefined ? shown : `\`${shown}\` (${typeof value})`;
}
