/**
 * What takes a few bytes on the wire, and thousands of times as much memory or time to build. Who writes a value and who reads it count
 * alike, so that each value that the one lets pass the other takes, too.
 */
export interface Allowance {
  /** A regular expression more. @returns why it cannot be carried, or null */
  takePattern(source: string, flags: string): string | null;
  /** The text of a URLSearchParams more. @returns why it cannot be carried, or null */
  takeQuery(text: string): string | null;
}

/** All patterns of one value together may have so many characters. V8 takes up to 256 bytes for one while it reads the pattern. */
const MOST_PATTERN = 2 ** 18;
/** `\p{L}` with the flag `u` is 13 KB to it, and 0.3 ms: it counts as so many characters. */
const PROPERTY_COUNTS_AS = 100;
/** `\p{RGI_Emoji}` with the flag `v` is 1 MB and up to 30 ms. */
const STRINGS_PROPERTY_COUNTS_AS = 5000;

/** Pairs of all queries of one value together: `a&` is 2 bytes on the wire, and 40 in memory. */
const MOST_PAIRS = 1_000_000;

/** Of one value. */
export function createAllowance(): Allowance {
  let pattern = 0;
  let pairs = 0;
  return {
    takePattern(source, flags) {
      const each = flags.includes('v') ? STRINGS_PROPERTY_COUNTS_AS : flags.includes('u') ? PROPERTY_COUNTS_AS : 0;
      const properties = each === 0 ? 0 : (source.match(/\\p/gi)?.length ?? 0);
      pattern += source.length + each * properties;
      return pattern <= MOST_PATTERN ? null : 'is a regular expression too many, or too long';
    },
    takeQuery(text) {
      for (let at = 0; at !== -1; at = text.indexOf('&', at + 1)) pairs += 1;
      return pairs <= MOST_PAIRS ? null : `is one of queries with more than ${MOST_PAIRS} pairs`;
    },
  };
}

const PRINTABLE = /^[\x21-\x7e][\x20-\x7e]*$/;
const HAS_DOMAIN = /^(?:https?|wss?|ftp|file):/i;
/** As `href` has it: the names in it (Punycode where they need it) are no longer than anybody's, of whom DNS asks for 253 characters. */
const DOMAIN = /^(?:(?:https?|wss?|ftp):\/\/(?:[^@/\\?#]*@)?[^@/\\?#%]{1,4096}|file:\/\/[^@/\\?#%]{0,4096})\//;

/**
 * Reading a domain takes time that is quadratic in its length: a megabyte of Chinese characters, 8 s.
 * @param text as `href` gives it
 * @returns why it cannot be carried, or null
 */
export function urlProblem(text: string): string | null {
  if (!PRINTABLE.test(text)) return 'is no URL as `href` writes it';
  return !HAS_DOMAIN.test(text) || DOMAIN.test(text) ? null : 'is a URL whose host is longer than 4096 characters';
}
