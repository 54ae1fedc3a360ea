import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

function zombies(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))).length;
}

/**
 * Starts children that end at once and are not waited for, as this process never gets to its event loop, until one is refused; and one
 * more when all have ended.
 */
export default function fillsWithZombies(endsAtOnce: Uint8Array): { zombies: number; isOneMoreStarted: boolean } {
  writeFileSync('/tmp/program', endsAtOnce, { mode: 0o755 });
  const isStarted = () => spawn('/tmp/program', { stdio: 'ignore' }).on('error', () => {}).pid !== undefined;
  let started = 0;
  while (started < 1000 && isStarted()) started++;
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; zombies() < started && tries < 200; tries++) Atomics.wait(never, 0, 0, 100);
  return { zombies: zombies(), isOneMoreStarted: isStarted() };
}
