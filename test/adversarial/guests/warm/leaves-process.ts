import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

const child =
  'for (const name of ["SIGTERM", "SIGHUP", "SIGINT"]) process.on(name, () => {}); setInterval(() => process.stdout.write("x".repeat(5000)), 1)';

/** The programs that it can see, before it leaves one that listens to no signal and prints on to the same stdout. */
export default async function leavesProcess(): Promise<string[]> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const programs = pids.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).sort();
  await once(spawn(process.execPath, ['-e', child], { detached: true, stdio: 'inherit' }), 'spawn');
  return programs;
}
