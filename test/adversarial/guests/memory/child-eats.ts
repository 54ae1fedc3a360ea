import { spawnSync } from 'node:child_process';

/** The kernel kills the child, which has more than this process has. */
export default function childEats(): string | null {
  return spawnSync(process.execPath, ['-e', 'for (const kept = [];;) kept.push(Buffer.alloc(1e6, 1))']).signal;
}
