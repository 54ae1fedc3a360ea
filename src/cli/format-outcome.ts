import type { Outcome } from '../outcome.js';
import type { Paint } from './colour.js';
import { splitHint } from './split-hint.js';
import { visible } from './visible.js';

type FailedOutcome = Exclude<Outcome, { exitStatus: 0 }>;

/** What the library's options are called here: its messages name them. */
const optionNames: Readonly<Record<string, string>> = {
  memInMb: '--mem',
  cpuTimeInS: '--cpu-time',
  wallTimeInS: '--wall-time',
  numProcesses: '--processes',
  gracePeriodInS: '--grace',
  scratchInMb: '--scratch',
  maxResultInMb: '--max-result',
  maxOutputInMb: '--max-output',
  packTimeInS: '--pack-time',
};
const optionName = new RegExp(`\\b(${Object.keys(optionNames).join('|')})\\b(: null\\b)?`, 'g');
/** Those of a context, of which only messages about the engine speak. */
const contextOption = /`(engine|image|runtime)`(?: of getContext)?/g;

/** Options of fromModule in messages about packing: `root`, `include`, `include: ['data/**']`, `packages: ['!name']`. */
const packOption = /`(root|include|packages)(?:: \['([^']+)'\])?`/g;

/** Why a call failed, what to do, and what it used: for a person, on stderr. */
export function formatFailure(outcome: FailedOutcome, paint: Paint): string {
  const { error, exitStatus } = outcome;
  const { message, hint } = splitHint(error);
  const inOurWords = (text: string) => {
    const named = text.replace(
      optionName,
      (_, name: string, lifted?: string) => `${optionNames[name]}${lifted === undefined ? '' : ' none'}`,
    );
    if (exitStatus === 'PynisherError') return named.replace(contextOption, '`--$1`');
    return named.replace(packOption, (_, name: string, value?: string) => {
      const option = name === 'packages' ? '--package' : `--${name}`;
      return value === undefined ? `\`${option}\`` : `\`${option} '${value}'\``;
    });
  };
  // The function chose the words of its error, and the names in its stack: a line of its own is not to look like one of ours.
  const lines = [`${paint('red', exitStatus)}: ${visible(inOurWords(message)).replaceAll('\n', '\n  | ')}`];
  const stack = stackBelowMessage(error.cause);
  if (exitStatus === 'AnythingException' && stack !== '') lines.push(paint('dim', visible(stack)));
  if (hint !== undefined) lines.push(`  ${paint('yellow', 'hint:')} ${visible(inOurWords(hint))}`);
  const used = formatUsed(outcome);
  if (used !== '') lines.push(paint('dim', `  ${used}`));
  return lines.join('\n');
}

/** What the function printed and nobody got to see; empty when that is nothing. */
export function formatDropped({ stdoutDroppedBytes, stderrDroppedBytes }: Outcome): string {
  const dropped = [
    ...(stdoutDroppedBytes > 0 ? [`${stdoutDroppedBytes} bytes of its stdout`] : []),
    ...(stderrDroppedBytes > 0 ? [`${stderrDroppedBytes} bytes of its stderr`] : []),
  ];
  return dropped.length === 0 ? '' : `nisher: ${dropped.join(' and ')} were more than --max-output, and dropped`;
}

/** The user's own file and line; the message above it is in ours already. */
function stackBelowMessage(cause: unknown): string {
  if (!(cause instanceof Error) || typeof cause.stack !== 'string') return '';
  return cause.stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

function formatUsed(outcome: Outcome): string {
  // No container, nothing used.
  if (outcome.meter === null) return '';
  return [
    `wall ${outcome.wallClockTime.toFixed(2)} s`,
    `CPU ${outcome.cpuTime.toFixed(2)} s`,
    `peak ${(outcome.peakMemory / 2 ** 20).toFixed(0)} MB`,
    ...(outcome.exitCode === null ? [] : [`exit code ${outcome.exitCode}`]),
    ...(outcome.signal === null ? [] : [outcome.signal]),
  ].join(' · ');
}
