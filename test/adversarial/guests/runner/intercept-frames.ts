type WriteBuffer = (descriptor: number, bytes: Uint8Array, offset: number, length: number, ...rest: unknown[]) => number;

const HEADER_BYTES = 23;

// What node's own fs.writeSync calls; out of reach for nobody who shares its process.
const binding = (process as unknown as { binding(name: 'fs'): { writeBuffer: WriteBuffer } }).binding('fs');
const { writeBuffer } = binding;
let last: { descriptor: number; frame: Uint8Array } | undefined;

/** The header of the last frame that the runner sent since this module was loaded; of shared memory, for threads to see. */
export const lastHeader = new Uint8Array(new SharedArrayBuffer(HEADER_BYTES));

binding.writeBuffer = (descriptor, bytes, offset, length, ...rest) => {
  last = { descriptor, frame: bytes.slice(offset, offset + length) };
  if (length >= HEADER_BYTES) lastHeader.set(last.frame.subarray(0, HEADER_BYTES));
  return writeBuffer.call(binding, descriptor, bytes, offset, length, ...rest);
};

/** The last frame that the runner sent since this module was loaded, and the descriptor it went to. */
export function lastFrame(): { descriptor: number; frame: Uint8Array } {
  if (last === undefined) throw new Error('saw no frame');
  return last;
}

/** Writes as node does, but for what has been replaced. */
export function write(descriptor: number, bytes: Uint8Array): void {
  writeBuffer.call(binding, descriptor, bytes, 0, bytes.length, null, undefined, {});
}
