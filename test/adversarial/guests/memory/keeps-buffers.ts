/** Buffers lie outside of the JavaScript heap. */
export default function keepsBuffers(): never {
  for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));
}
