import { existsSync, writeFileSync } from 'node:fs';

const traces = ['/tmp/trace', '/dev/shm/trace', '/app/trace'];

/** What an earlier call left, before it leaves the same. */
export default function leavesTrace(): string[] {
  const found = traces.filter((file) => existsSync(file));
  if ('trace' in globalThis) found.push('globalThis');
  for (const file of traces) writeFileSync(file, '');
  Object.assign(globalThis, { trace: true });
  return found;
}
