/** WebAssembly memory lies outside of the JavaScript heap. */
export default function growsWasm(): never {
  // Node's types leave it to those of browsers.
  type Memory = { grow(pages: number): void; readonly buffer: ArrayBuffer };
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: new (size: { initial: number }) => Memory } };
  const memory = new WebAssembly.Memory({ initial: 1 });
  for (;;) {
    memory.grow(100);
    new Uint8Array(memory.buffer).fill(1);
  }
}
