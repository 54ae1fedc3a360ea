import { createGunzip, gzipSync } from 'node:zlib';

/** Half a gigabyte of zeros in half a megabyte, unpacked and kept. */
export default function inflates(): Promise<number> {
  const bomb = gzipSync(Buffer.alloc(2 ** 24));
  const kept: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const gunzip = createGunzip()
      .on('error', reject)
      .on('end', () => resolve(kept.length));
    gunzip.on('data', (chunk: Buffer) => kept.push(chunk));
    for (let count = 0; count < 32; count++) gunzip.write(bomb);
    gunzip.end();
  });
}
