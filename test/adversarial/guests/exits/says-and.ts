import { writeSync } from 'node:fs';

export default function saysAnd(text: string, then: 'aborts' | 'returns' | 'exits' | 'throws'): number {
  writeSync(2, text);
  if (then === 'aborts') process.abort();
  if (then === 'exits') process.exit(134);
  if (then === 'throws') throw new Error(text);
  return 7;
}
