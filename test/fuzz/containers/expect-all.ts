import * as assert from 'uvu/assert';
import type { Outcome } from '../../../src/index.js';
import type { Step } from '../../fixtures/hostile-runner/program.js';
import { patience } from '../../support/patience.js';
import { problemWith, runProgram } from './run-program.js';

const methods = ['spawn', 'forkserver'] as const;
const AT_ONCE = 3;

/** What each call is to come to. */
export interface Expected {
  readonly exitStatus: Outcome['exitStatus'];
  readonly result?: unknown;
  readonly message?: RegExp;
  readonly exitCode?: number;
  /** Seconds that a call may take, on a busy machine. @default 25 */
  readonly withinS?: number;
}

type Case = readonly [program: readonly Step[], expected: Expected, options?: Parameters<typeof runProgram>[2]];

/** Runs each in both kinds of context, twice in a warm one, so that the second call meets what was prepared after the first. */
export async function expectAll(cases: { readonly [name: string]: Case }): Promise<void> {
  const problems: string[] = [];
  const waiting = Object.entries(cases).flatMap(([name, one]) => methods.map((method) => ({ name, method, one })));
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, method, one } = next;
      const [program, expected, options] = one;
      const run = await runProgram(program, method, { calls: method === 'spawn' ? 1 : 2, ...options });
      const { withinS = 25 } = expected;
      const found = run.outcomes.flatMap((outcome) => [
        // Then two answers are right: problemWith says why.
        ...(run.ooms && expected.exitCode === 137 ? [] : mismatches(outcome, expected)),
        ...[problemWith(program, outcome, run.ooms, options)].filter((problem) => problem !== null),
      ]);
      if (run.seconds > withinS * patience) found.push(`took ${run.seconds} s`);
      problems.push(...found.map((problem) => `${name}, ${method}: ${problem}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.equal(problems, []);
}

function mismatches(outcome: Outcome, { exitStatus, result, message, exitCode }: Expected): string[] {
  const said = outcome.error?.message ?? 'returned';
  return [
    ...(outcome.exitStatus === exitStatus ? [] : [`${outcome.exitStatus}: ${said}`]),
    ...(result === undefined || outcome.result === result ? [] : [`returned ${String(outcome.result)}`]),
    ...(message === undefined || message.test(said) ? [] : [`said ${said}`]),
    ...(exitCode === undefined || outcome.exitCode === exitCode ? [] : [`exit code ${outcome.exitCode}`]),
  ];
}
