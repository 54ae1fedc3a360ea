import { spawn } from 'node:child_process';
import { once } from 'node:events';

const grandchild = 'setInterval(() => process.stdout.write("x".repeat(70000)), 1)';
const child = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { detached: true, stdio: "inherit" }).unref()`;

/** A daemon: its parent is gone, it has a session of its own, and it prints on. */
export default async function leavesPrintingGrandchild(): Promise<string> {
  await once(spawn(process.execPath, ['-e', child], { stdio: 'inherit' }), 'exit');
  await new Promise((resolve) => setTimeout(resolve, 300));
  return 'left';
}
