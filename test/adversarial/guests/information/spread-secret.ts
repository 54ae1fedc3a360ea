import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

/** Puts it wherever a call can put something: its files' names and contents, its name, a child's environment and command line. */
export async function spreadSecret(secret: string): Promise<ChildProcess> {
  for (const folder of ['/tmp', '/dev/shm', '/app']) writeFileSync(`${folder}/${secret}`, secret);
  process.title = secret;
  const words = ['-e', 'console.log("up"); setInterval(() => {}, 1000)', secret];
  const child = spawn(process.execPath, words, { env: { SECRET: secret }, stdio: ['ignore', 'pipe', 'ignore'] });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}
