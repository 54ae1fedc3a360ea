import { readdirSync, readFileSync } from 'node:fs';

/** The programs that it can see. */
export default function countsProcesses(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).sort();
}
