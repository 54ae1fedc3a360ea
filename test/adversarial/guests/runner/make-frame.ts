const [DELIMITER_BYTES, HEADER_BYTES] = [16, 23];

/** A frame as the runner's are: its delimiter, what it is, its number, and how long it says that it is. */
export function makeFrame(
  delimiter: Uint8Array,
  { type, number, length, payload }: { type: number; number: number; length: number; payload: Uint8Array },
): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + payload.length);
  frame.set(delimiter.subarray(0, DELIMITER_BYTES));
  frame.writeUInt8(type, DELIMITER_BYTES);
  frame.writeUInt32BE(number, DELIMITER_BYTES + 1);
  frame.writeUInt16BE(length, DELIMITER_BYTES + 5);
  frame.set(payload, HEADER_BYTES);
  return frame;
}
