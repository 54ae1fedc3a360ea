/** Resolves when the bytes are handed over, or nobody reads any more (bin.ts passes over EPIPE): a slow reader slows us down. */
export function writeTo(stream: NodeJS.WritableStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    stream.write(data, () => resolve());
  });
}
