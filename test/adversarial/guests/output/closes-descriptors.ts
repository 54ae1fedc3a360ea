import { closeSync } from 'node:fs';

/** Closes these, open or not. */
export default function closesDescriptors(first: number, last: number): number {
  let closed = 0;
  for (let descriptor = first; descriptor <= last; descriptor++) {
    try {
      closeSync(descriptor);
      closed++;
    } catch {
      // Not open.
    }
  }
  return closed;
}
