import { constants } from 'node:os';
import type { ExitStatus } from '../outcome.js';

/** The command line was wrong. */
export const EXIT_USAGE = 2;
/** The fault is ours or the engine's; also what docker itself exits with then. */
export const EXIT_INTERNAL = 125;

/**
 * The exit code of `nisher run`: 124 as timeout(1), 137 and 152 as a shell shows SIGKILL and SIGXCPU, 128 + n for signal n.
 * A signal without a name exits as SIGTERM would.
 */
export function exitCodeOf(outcome: { readonly exitStatus: ExitStatus; readonly signal: NodeJS.Signals | null }): number {
  switch (outcome.exitStatus) {
    case 0:
      return 0;
    case 'AnythingException':
      return 1;
    case 'TimeoutException':
      return 124;
    case 'PynisherError':
      return EXIT_INTERNAL;
    case 'SubprocessException':
      return 126;
    case 'MemorylimitException':
      return 137;
    case 'CpuTimeoutException':
      return 152;
    case 'SignalException':
      return exitCodeOfSignal(outcome.signal ?? 'SIGTERM');
  }
}

/** 128 + n, as a shell shows the end by signal n. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
