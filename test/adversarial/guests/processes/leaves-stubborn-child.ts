import { spawn } from 'node:child_process';
import { once } from 'node:events';

const child =
  'for (const name of ["SIGTERM", "SIGHUP", "SIGINT"]) process.on(name, () => {}); console.log("up"); setInterval(() => {}, 1000)';

/** A child in a session of its own that listens to no signal stays when the function returns. */
export default async function leavesStubbornChild(): Promise<string> {
  const { stdout } = spawn(process.execPath, ['-e', child], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  if (stdout !== null) await once(stdout, 'data');
  return 'left';
}
