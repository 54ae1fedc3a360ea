import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';

let files = 0;

function run(program: Uint8Array): { status: number | null; signal: string | null } {
  const file = `/tmp/program-${files++}`;
  writeFileSync(file, program, { mode: 0o755 });
  const { status, signal, error } = spawnSync(file);
  if (error !== undefined) throw error;
  return { status, signal };
}

/** Machine code, for system calls that Node has no function for. */
export const native = {
  /** How each ended: its signal, the errno it exits with, or 'refused' where engines differ in that number. */
  runs: (programs: readonly Uint8Array[]) =>
    programs.map((program) => {
      const { status, signal } = run(program);
      return signal ?? (status === constants.errno.EPERM || status === constants.errno.ENOSYS ? 'refused' : status);
    }),
  runsOne: (program: Uint8Array) => run(program).status,
};
