import * as assert from 'uvu/assert';
import { type AnyFunction, enforceLimits } from '../../src/enforce-limits.js';
import type { LimitOptions, Outcome } from '../../src/index.js';
import type { OutcomeFacts } from '../../src/outcome.js';

/** Fields of the outcome that must be just so; `message` must match the error's. */
export interface Expected extends Partial<Omit<OutcomeFacts, 'timings'>> {
  exitStatus: Outcome['exitStatus'];
  result?: unknown;
  message?: RegExp;
}

export interface Case {
  /** @default wallTimeInS 20, memInMb 128, captureOutput */
  limits?: LimitOptions;
  call: AnyFunction;
  args?: readonly unknown[];
  expected: Expected;
}

/** Two cores run about that many containers without one waiting for another. */
const AT_ONCE = 4;

/** Runs the calls, some at a time, and fails with all that came out otherwise. */
export async function expectOutcomes(cases: { readonly [name: string]: Case }): Promise<void> {
  const left = Object.entries(cases);
  const problems: string[] = [];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, { limits, call, args = [], expected }] = next;
      const limited = enforceLimits({ wallTimeInS: 20, memInMb: 128, captureOutput: true, ...limits })(call);
      const outcome = await limited.run(...args);
      problems.push(...mismatches(name, outcome, expected));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.equal(problems, []);
}

function mismatches(name: string, outcome: Outcome, { message, ...fields }: Expected): string[] {
  const said = outcome.error?.message ?? '';
  const wrong = message === undefined || message.test(said) ? [] : [`${name}: the message is ${said}`];
  for (const [field, value] of Object.entries(fields)) {
    try {
      assert.equal(outcome[field as keyof Outcome], value);
    } catch {
      wrong.push(`${name}: ${field} is ${String(outcome[field as keyof Outcome])}, not ${String(value)}. ${said}`);
    }
  }
  return wrong;
}
