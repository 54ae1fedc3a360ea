import type { Paint } from './colour.js';
import { EXIT_INTERNAL, EXIT_USAGE } from './exit-code.js';
import { splitHint } from './split-hint.js';
import { UsageError } from './usage-error.js';

/** What is said of an error, and the exit code it means. */
export interface FormattedError {
  text: string;
  exitCode: number;
}

/**
 * Any error as what a person at a shell can use: `nisher: what happened`, then the hint. The stack only when asked for
 * (NISHER_DEBUG), but always for an error that is neither ours nor the engine's: that is a bug in nisher, and its stack is the hint.
 */
export function formatError(error: unknown, paint: Paint, debug = Boolean(process.env.NISHER_DEBUG)): FormattedError {
  if (!(error instanceof Error)) return { text: `${paint('red', 'nisher:')} ${String(error)}`, exitCode: EXIT_INTERNAL };
  const { message, hint } = splitHint(error);
  const lines = [`${paint('red', 'nisher:')} ${message}`];
  if (hint !== undefined) lines.push(`  ${paint('yellow', 'hint:')} ${hint}`);
  if (debug && error.stack !== undefined) lines.push(withCauses(error));
  else if (!('hint' in error))
    lines.push(`  ${paint('yellow', 'hint:')} this is a bug in nisher; NISHER_DEBUG=1 shows its stack`);
  return { text: lines.join('\n'), exitCode: error instanceof UsageError ? EXIT_USAGE : EXIT_INTERNAL };
}

function withCauses(error: Error): string {
  const own = error.stack ?? String(error);
  if (!('cause' in error)) return own;
  return `${own}\nCaused by: ${error.cause instanceof Error ? withCauses(error.cause) : String(error.cause)}`;
}
