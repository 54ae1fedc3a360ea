/**
 * Matching without regular expressions: names of files may be chosen to make one backtrack for ever. Each function here takes time in
 * proportion to the product of its two lengths at most.
 */

/** A text of which some parts are not known: `['./plugins/', null, '.js']` for `` `./plugins/${name}.js` ``. */
export type TextPattern = readonly (string | null)[];

/** Whether `text` is what `pattern` stands for; an unknown part stands for one character at least. */
export function matchesText(pattern: TextPattern, text: string): boolean {
  const known = mergeParts(pattern);
  const first = known[0] ?? '';
  const last = known.at(-1) ?? '';
  if (known.length === 1) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length + 1;
  for (const part of known.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length + 1;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The known parts, with one unknown part between each two. */
function mergeParts(pattern: TextPattern): string[] {
  const known = [''];
  let afterUnknown = false;
  for (const part of pattern) {
    if (part === null) {
      if (!afterUnknown) known.push('');
      afterUnknown = true;
    } else if (part !== '') {
      known[known.length - 1] += part;
      afterUnknown = false;
    }
  }
  return known;
}

/** A shell's pattern for paths with `/`: `*` and `?` within a name, `**` for any number of folders, `{a,b}` for either. */
export interface Glob {
  /** The folder that everything it matches is in, as far as its text says. */
  readonly base: string;
  matches(path: string): boolean;
}

const MAX_ALTERNATIVES = 100;

/**
 * Names that begin with a dot match only a pattern that begins with one, as in a shell. `[` and `]` stand for themselves: folders of
 * routes are called `[id]`.
 * @throws RangeError for a pattern with more alternatives than 100.
 */
export function makeGlob(pattern: string): Glob {
  const alternatives = expandBraces(pattern).map((each) =>
    each.split('/').filter((segment) => segment !== '' && segment !== '.'),
  );
  const fixed = alternatives.map((segments) => {
    const wild = segments.findIndex(isWild);
    return wild === -1 ? segments.slice(0, -1) : segments.slice(0, wild);
  });
  return {
    base: commonStart(fixed).join('/'),
    matches(path) {
      const names = path.split('/');
      return alternatives.some((segments) => matchesSegments(segments, names));
    },
  };
}

function isWild(segment: string): boolean {
  return /[*?]/.test(segment);
}

function commonStart(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = lists;
  const end = first.findIndex((segment, index) => others.some((other) => other[index] !== segment));
  return first.slice(0, end === -1 ? undefined : end);
}

function expandBraces(pattern: string): string[] {
  let pending = [pattern];
  for (;;) {
    const next = pending.flatMap((each) => {
      const found = /\{([^{}]*)\}/.exec(each);
      if (found === null) return [each];
      const [whole, inner = ''] = found;
      return inner.split(',').map((choice) => each.slice(0, found.index) + choice + each.slice(found.index + whole.length));
    });
    if (next.length > MAX_ALTERNATIVES) {
      throw new RangeError(`Expected a glob with at most ${MAX_ALTERNATIVES} alternatives, got \`${pattern}\``);
    }
    if (next.every((each, index) => each === pending[index])) return next;
    pending = next;
  }
}

function matchesSegments(segments: readonly string[], names: readonly string[]): boolean {
  return matchesWithStars(
    segments,
    names,
    (segment) => segment === '**',
    (segment, name) => matchesName(segment, name),
    (name) => !name.startsWith('.'),
  );
}

function matchesName(segment: string, name: string): boolean {
  if (name.startsWith('.') && !segment.startsWith('.')) return false;
  return matchesWithStars(
    [...segment],
    [...name],
    (each) => each === '*',
    (each, character) => each === '?' || each === character,
    () => true,
  );
}

/** Wildcard matching with one point to go back to: that of the last star. */
function matchesWithStars<T>(
  pattern: readonly T[],
  items: readonly T[],
  isStar: (each: T) => boolean,
  matches: (each: T, item: T) => boolean,
  mayStarTake: (item: T) => boolean,
): boolean {
  let at = 0;
  let star = -1;
  let taken = 0;
  for (let index = 0; index < items.length; ) {
    const item = items[index] as T;
    const each = pattern[at];
    if (at < pattern.length && isStar(each as T)) {
      star = at++;
      taken = index;
    } else if (at < pattern.length && matches(each as T, item)) {
      at++;
      index++;
    } else if (star !== -1 && mayStarTake(items[taken] as T)) {
      at = star + 1;
      index = ++taken;
    } else return false;
  }
  return pattern.slice(at).every(isStar);
}
