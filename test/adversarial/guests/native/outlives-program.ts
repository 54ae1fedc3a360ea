import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

/** Starts machine code, and tells how it ended, or that it goes on after two seconds. */
export default async function outlivesProgram(program: Uint8Array): Promise<string> {
  writeFileSync('/tmp/program', program, { mode: 0o755 });
  const child = spawn('/tmp/program', { stdio: 'ignore' });
  const ended = once(child, 'exit').then(([status, signal]) => `ended with ${status ?? signal}`);
  return await Promise.race([ended, new Promise<string>((resolve) => setTimeout(resolve, 2000, 'goes on'))]);
}
