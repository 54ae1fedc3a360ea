import { writeSync } from 'node:fs';

/** A write for each byte, to stdout and stderr in turn. */
export default function writesByteByByte(count: number): void {
  for (let number = 0; number < count; number++) writeSync(1 + (number % 2), 'x');
}
