type WriteBuffer = (descriptor: number, bytes: Uint8Array, offset: number, length: number, ...rest: unknown[]) => number;

// What node's own fs.writeSync calls; out of reach for nobody who shares its process.
const binding = (process as unknown as { binding(name: 'fs'): { writeBuffer: WriteBuffer } }).binding('fs');
const { writeBuffer } = binding;
let last: { descriptor: number; frame: Uint8Array } | undefined;
binding.writeBuffer = (descriptor, bytes, offset, length, ...rest) => {
  last = { descriptor, frame: bytes.slice(offset, offset + length) };
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
