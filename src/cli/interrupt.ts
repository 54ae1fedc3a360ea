import { exitCodeOfSignal } from './exit-code.js';

/** Ctrl-C (SIGINT) or SIGTERM, while a call is under way. */
export interface Interrupt extends Disposable {
  /** Aborted by the first. */
  readonly signal: AbortSignal;
  /** The first that came; null when none did. */
  readonly received: NodeJS.Signals | null;
}

interface InterruptOptions {
  graceInS: number;
  say: (line: string) => void;
  /** Said even with --quiet: something is left behind. */
  sayAlways: (line: string) => void;
}

/** The first signal ends the call properly; the second leaves at once, and says what that leaves behind. */
export function listenForInterrupt({ graceInS, say, sayAlways }: InterruptOptions): Interrupt {
  const controller = new AbortController();
  let received: NodeJS.Signals | null = null;
  const listener = (signal: NodeJS.Signals) => {
    if (received === null) {
      received = signal;
      say(
        `nisher: ${signal}: stopping the call${graceInS > 0 ? `, within ${graceInS} s of grace` : ''}; again to leave at once`,
      );
      controller.abort(new Error(`nisher was interrupted by ${signal}`));
      return;
    }
    sayAlways(
      `nisher: left at once. The container of this call (label nisher.owner, pid ${process.pid}) is removed in the background; \`nisher gc\` removes what may be left`,
    );
    process.exit(exitCodeOfSignal(signal));
  };
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return {
    signal: controller.signal,
    get received() {
      return received;
    },
    [Symbol.dispose]() {
      process.off('SIGINT', listener).off('SIGTERM', listener);
    },
  };
}
