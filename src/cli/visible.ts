/**
 * The characters that make a terminal do something other than show them: C0 (ECMA-48, 8.2) without line feed and tab, DEL, and C1,
 * which has one-character forms of the sequences that begin with ESC. A carriage return overwrites the line before it.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Text of a function for a terminal: what would act there is shown instead, as `\x1b`. */
export function visible(text: string): string {
  return text.replace(controls, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The same for a stream of UTF-8, whose characters may be torn between two pieces. */
export function visibleStream(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder();
  return (bytes) => visible(decoder.decode(bytes, { stream: true }));
}
