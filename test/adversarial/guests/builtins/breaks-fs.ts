import fs from 'node:fs';

/** No file can be read or written through node's functions. */
export default function breaksFs(): number {
  for (const name of Object.keys(fs)) {
    if (Object.getOwnPropertyDescriptor(fs, name)?.writable !== true) continue;
    Object.assign(fs, {
      [name]: () => {
        throw new Error('replaced');
      },
    });
  }
  return 5;
}
