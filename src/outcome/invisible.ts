/**
 * Characters that make a terminal do something other than show them, or a reader see something other than is there:
 * - C0 (ECMA-48, 8.2) without line feed and tab, DEL, and C1, which has one-character forms of the sequences that begin with ESC;
 * - marks that change the direction of text around them (Unicode Bidirectional Algorithm, UAX #9; CVE-2021-42574);
 * - characters of no width, and line separators.
 */
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: joiners are meant by themselves
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|\udb40[\udc00-\udfff]/;

/** The text with each such character, by its UTF-16 units, as `written` says. */
export function escapeInvisible(text: string, written: (unit: number) => string): string {
  // Nearly every text has none.
  if (!invisible.test(text)) return text;
  return text.replace(new RegExp(invisible, 'g'), (character) =>
    Array.from({ length: character.length }, (_, at) => written(character.charCodeAt(at))).join(''),
  );
}
