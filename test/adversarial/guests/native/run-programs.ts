import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

interface End {
  status: number | null;
  signal: string | null;
}

/** Starts machine code under the names it is given, and tells how each ended. */
export default function runPrograms(programs: { readonly [name: string]: Uint8Array }): { [name: string]: End } {
  return Object.fromEntries(
    Object.entries(programs).map(([name, program], index) => {
      const file = `/tmp/program-${index}`;
      writeFileSync(file, program, { mode: 0o755 });
      const { status, signal, error } = spawnSync(file, { timeout: 5000 });
      if (error !== undefined) throw error;
      return [name, { status, signal }];
    }),
  );
}
