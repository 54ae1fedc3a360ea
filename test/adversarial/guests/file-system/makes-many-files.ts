import { writeFileSync } from 'node:fs';

/** That many files in one folder. */
export default function makesManyFiles(count: number): number {
  for (let number = 0; number < count; number++) writeFileSync(`/tmp/${number}`, '');
  return count;
}
