import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { makeGlob, matchesText } from '../../../src/payload/files/glob.js';
import type { Fuzzed } from '../fuzzed.js';

const characters = fc.constantFrom('a', 'b', '.', '/', '*', '?');
const pattern = fc.string({ unit: characters, maxLength: 12 });
const path = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/'), maxLength: 12 });

/** The same by a regular expression, which would backtrack for longer texts. */
function byExpression(glob: string, text: string): boolean {
  const segments = glob.split('/').filter((each) => each !== '' && each !== '.');
  const names = text.split('/');
  const matches = (at: number, from: number): boolean => {
    const segment = segments[at];
    if (segment === undefined) return from === names.length;
    if (segment === '**') {
      if (matches(at + 1, from)) return true;
      return from < names.length && !(names[from] ?? '').startsWith('.') && matches(at, from + 1);
    }
    const name = names[from];
    if (name === undefined || (name.startsWith('.') && !segment.startsWith('.'))) return false;
    const expression = segment.replace(/[.*?]/g, (each) => ({ '.': '\\.', '*': '.*', '?': '.' })[each] ?? each);
    return new RegExp(`^${expression}$`, 's').test(name) && matches(at + 1, from + 1);
  };
  return matches(0, 0);
}

/** A glob matches what its definition says; a text with unknown parts matches what a regular expression does; neither takes long. */
export const globs: Fuzzed = {
  name: 'globs',
  quickRuns: 1000,
  property: fc.property(pattern, path, fc.array(fc.oneof(path, fc.constant(null)), { maxLength: 5 }), (glob, text, parts) => {
    assert.is(makeGlob(glob).matches(text), byExpression(glob, text), `${glob} ${text}`);
    const merged = parts.filter((part, index) => part !== null || parts[index - 1] !== null).filter((part) => part !== '');
    const joined = merged.filter((part, index) => part !== null || merged[index - 1] !== null);
    const expression = joined.map((part) => (part === null ? '.+' : part.replace(/\./g, '\\.'))).join('');
    assert.is(matchesText(parts, text), new RegExp(`^${expression}$`, 's').test(text), `${JSON.stringify(parts)} ${text}`);
    return true;
  }),
};
