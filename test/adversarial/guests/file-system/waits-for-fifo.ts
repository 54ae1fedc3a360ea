import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** Reads from a FIFO that nobody writes to, on its only thread. */
export default function waitsForFifo(makesFifo: Uint8Array): void {
  writeFileSync('/tmp/program', makesFifo, { mode: 0o755 });
  const { status } = spawnSync('/tmp/program');
  if (status !== 0) throw new Error(`There is no FIFO: errno ${status}`);
  readFileSync('/tmp/fifo');
}
