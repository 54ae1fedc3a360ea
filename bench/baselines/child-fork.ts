import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./child-program.mjs', import.meta.url));

/** One message to a Node.js child process of its own, and its answer. */
export async function childFork(): Promise<void> {
  const child = fork(program);
  const exited = once(child, 'exit');
  child.send([1, 2]);
  const [sum] = (await once(child, 'message')) as [number];
  if (sum !== 3) throw new Error(`Expected 3, got ${sum}`);
  await exited;
}
