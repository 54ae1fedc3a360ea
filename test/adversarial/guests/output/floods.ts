import { writeSync } from 'node:fs';

/** Writes as fast as it can, for ever, to each of these descriptors. */
export default function floods(descriptors: number[]): never {
  const chunk = Buffer.alloc(2 ** 16, 97);
  for (;;) for (const descriptor of descriptors) writeSync(descriptor, chunk);
}
