/** V8 keeps large strings that come from buffers outside of its heap. */
export default function keepsStringsOffHeap(): never {
  const bytes = Buffer.alloc(4 * 2 ** 20, 97);
  for (const kept: string[] = []; ; ) kept.push(bytes.toString('latin1'));
}
