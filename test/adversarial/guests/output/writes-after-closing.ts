import { closeSync, writeSync } from 'node:fs';

/** Writes to a stdout that it has closed. */
export default function writesAfterClosing(): void {
  closeSync(1);
  writeSync(1, 'lost');
}
