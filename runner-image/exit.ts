/** Undocumented, and what process.exit calls last; libraries like signal-exit build upon that. */
const underlying = process as unknown as { reallyExit(exitCode?: number): never };
const { on, off } = process;
const { reallyExit } = underlying;

/** Why the process is about to end although the function is still running. */
export type Exiting =
  /** An error that nobody caught. */
  | { kind: 'error'; error: unknown }
  /** process.exit, also by `process.exitCode` and the like. Its code is 0 to 255, as {@link statusOf} says. */
  | { kind: 'exit'; exitCode: number }
  /** Nothing is left to run. */
  | { kind: 'idle' };

/** Ends the process at once, past every listener of the function's. */
export function exitNow(exitCode: number): never {
  Reflect.apply(reallyExit, process, [exitCode]);
  throw new Error('unreachable');
}

/** What the kernel makes of whatever a program exits with: the low 8 bits of an integer. -1 is 255, and '3', which Node allows, is 3. */
function statusOf(exitCode: unknown): number {
  try {
    return (exitCode as number) & 0xff;
  } catch {
    return 0; // A symbol, a BigInt or an object without a number in it: node takes them for 0, too.
  }
}

/**
 * Calls back, synchronously and once, when the process ends by itself. Node's behaviour and the function's own listeners stay
 * as they are; ours comes after theirs.
 */
export function beforeExiting(callback: (exiting: Exiting) => void): void {
  let uncaught: { error: unknown } | undefined;
  let exitCalled = false;
  let told = false;

  function tell(exiting: Exiting): void {
    if (told) return;
    told = true;
    callback(exiting);
  }

  // process.exit ends up in process.reallyExit after the listeners of 'exit'; the other two ways do not.
  function onExit(): void {
    if (exitCalled) return;
    tell(uncaught ? { kind: 'error', error: uncaught.error } : { kind: 'idle' });
  }
  function moveOnExitToEnd(): void {
    Reflect.apply(off, process, ['exit', onExit]);
    Reflect.apply(on, process, ['exit', onExit]);
  }

  const { exit } = process;
  process.exit = (...code) => {
    exitCalled = true;
    return Reflect.apply(exit, process, code) as never;
  };
  underlying.reallyExit = (exitCode = 0) => {
    const status = statusOf(exitCode);
    tell({ kind: 'exit', exitCode: status });
    exitNow(status);
  };
  // The monitor changes nothing: what it sees may still be handled, and the function go on.
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    uncaught = { error };
    moveOnExitToEnd();
  });
  process.on('beforeExit', () => {
    uncaught = undefined;
    moveOnExitToEnd();
  });
  process.on('exit', onExit);
}
