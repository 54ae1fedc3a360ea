/** Bytes that nobody can know before they are written behind the last that a stream has. */
export interface EndMark {
  /** The next bytes of the stream, cut anyhow. @returns those that are known not to be of the mark, and whether it was there */
  take(bytes: Buffer): { readonly bytes: Buffer; readonly isEnd: boolean };
  /** What is held back: bytes that can be the beginning of the mark, if no more come. */
  rest(): Buffer;
}

export function lookForEnd(mark: Buffer): EndMark {
  let held: Buffer = Buffer.alloc(0);
  return {
    take(bytes) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const at = all.length - mark.length;
      const isEnd = at >= 0 && all.subarray(at).equals(mark);
      const known = Math.max(0, isEnd ? at : at + 1);
      held = isEnd ? Buffer.alloc(0) : Buffer.from(all.subarray(known));
      return { bytes: all.subarray(0, known), isEnd };
    },
    rest: () => held,
  };
}
