import { escapeInvisible } from '../outcome/invisible.js';

/** Text of a function for a terminal: what would act there, or mislead who reads it, is shown instead, as `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return escapeInvisible(text, (unit) => {
    const digits = unit.toString(16);
    return unit < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`;
  });
}

/** The same for a stream of UTF-8, whose characters may be torn between two pieces. */
export function visibleStream(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder();
  return (bytes) => visible(decoder.decode(bytes, { stream: true }));
}
