import { writeSync } from 'node:fs';

/** Prints from a microtask and an exit listener, after its value has been told. */
export default function printsAfterReturn(): string {
  process.on('exit', () => writeSync(1, 'at exit'));
  queueMicrotask(() => void writeSync(1, 'in a microtask'));
  return 'returned';
}
