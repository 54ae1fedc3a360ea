import { writeFileSync } from 'node:fs';

/** Files without a byte in them: the kernel's own bookkeeping is what fills. */
export default function makesEmptyFiles(): never {
  for (let number = 0; ; number++) writeFileSync(`/tmp/${number}`, '');
}
