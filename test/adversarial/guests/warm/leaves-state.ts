import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';

let calls = 0;
const require = createRequire(import.meta.url);

/** State of every kind that a process has; and what there is of it already. */
export default function leavesState(): string[] {
  const found = [
    ...(calls > 0 ? ['module'] : []),
    ...('trace' in globalThis ? ['globalThis'] : []),
    ...('trace' in {} ? ['Object.prototype'] : []),
    ...('TRACE' in process.env ? ['environment'] : []),
    ...('trace' in require('node:fs') ? ['node:fs'] : []),
    ...(process.cwd() === tmpdir() ? ['working directory'] : []),
    ...(process.listenerCount('SIGTERM') > 0 ? ['listeners'] : []),
    ...(process.exitCode === undefined ? [] : ['exit code']),
  ];
  calls++;
  Object.assign(globalThis, { trace: true });
  Object.defineProperty(Object.prototype, 'trace', { value: true, configurable: true, writable: true });
  process.env.TRACE = 'left';
  Object.assign(require('node:fs') as object, { trace: true });
  process.chdir(tmpdir());
  process.on('SIGTERM', () => {});
  process.exitCode = 7;
  return found;
}
