import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ten children, each of them well within the limit; together they are not. */
export default async function childrenShareLimit(): Promise<(string | null)[]> {
  const code = 'const kept = Buffer.alloc(30e6, 1); setInterval(() => kept[0], 1000)';
  const children = Array.from({ length: 10 }, () => spawn(process.execPath, ['-e', code], { stdio: 'ignore' }));
  const [, signal] = (await Promise.race(children.map((child) => once(child, 'exit')))) as [number | null, string | null];
  for (const child of children) child.kill('SIGKILL');
  return [signal];
}
