import { spawnSync } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';

/** A program with the set-user-ID bit: whose it is then runs it. */
export default function setuidProgram(program: Uint8Array): { mode: string; status: number | null } {
  writeFileSync('/tmp/program', program);
  chmodSync('/tmp/program', 0o6755);
  return { mode: statSync('/tmp/program').mode.toString(8), status: spawnSync('/tmp/program').status };
}
