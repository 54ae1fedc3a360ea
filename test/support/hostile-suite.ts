import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { type AnyFunction, enforceLimits as enforceLimitsWarm } from '../../src/enforce-limits.js';
import { fromModule, getContext, type LimitOptions, type ModuleFunction, type Outcome } from '../../src/index.js';
import type { OutcomeFacts } from '../../src/outcome.js';
import { type Suite, suite } from '../harness.js';
import { leftovers } from './leftovers.js';
import { enforceLimits } from './spawned.js';

/** Fields of the outcome that must be just so; `message` must match the error's. */
interface Expected extends Partial<Omit<OutcomeFacts, 'timings'>> {
  exitStatus: Outcome['exitStatus'];
  result?: unknown;
  message?: RegExp;
}

export interface Case {
  /** Why the engine under test cannot have it. @default null: it can */
  unless?: string | null;
  /** @default wallTimeInS 30, memInMb 128, captureOutput */
  limits?: LimitOptions;
  call: AnyFunction | ModuleFunction<AnyFunction>;
  args?: readonly unknown[];
  expected: Expected;
  /** What no field says by itself. */
  check?: (outcome: Outcome) => void;
}

interface HostileSuite extends Pick<Suite, 'test' | 'before' | 'after'> {
  /** Registers a test for each: the outcome must be just so, and the next call must return its value. */
  cases(cases: { readonly [name: string]: Case }): void;
}

/** Test files run two at a time, and a container keeps a core busy. */
const AT_ONCE = Math.max(2, availableParallelism());
/** Descriptors that may have been opened for good meanwhile: connections to the engine. A leak would be one for each case. */
const SPARE_DESCRIPTORS = 8;

/** A function of `test/adversarial/guests/`: the default export of the file of that name. */
export function guest(name: string): ModuleFunction<AnyFunction> {
  return fromModule(new URL(`../adversarial/guests/${name}.ts`, import.meta.url));
}

/**
 * A suite of code that means harm. Its cases run some at a time from the first test on; each is a test of its own, which waits for its
 * outcome. After all of them this program must be as it was, and no container left.
 */
export function hostileSuite(name: string): HostileSuite {
  const { test, before, after } = suite(name, { timeoutInS: 150 });
  const waiting: (() => Promise<void>)[] = [];
  // A container for each would double the time that all takes; that one can still be started is what the next case shows.
  const context = getContext('forkserver', { maxTasksPerChild: 10 });
  const next = enforceLimitsWarm({ wallTimeInS: 60, context })((n: number) => n + 1);
  let unharmed: ReturnType<typeof observeHost>;

  const work = async () => {
    for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) await start();
  };
  before(async () => {
    // Loads what is loaded once, and builds the image if need be.
    assert.is(await next(1), 2);
    unharmed = observeHost();
    for (let worker = 0; worker < AT_ONCE; worker++) void work();
  });
  after(async () => {
    assert.is(await next(1), 2);
    await next.close();
    assert.equal(await leftovers('of this process'), []);
    const harmed = observeHost();
    const changed = [...harmed.facts].filter(([what, fact]) => unharmed.facts.get(what) !== fact);
    assert.equal(changed, []);
    assert.ok(
      harmed.descriptors <= unharmed.descriptors + SPARE_DESCRIPTORS,
      `${unharmed.descriptors} descriptors were open before, ${harmed.descriptors} are now`,
    );
  });

  return {
    test,
    before,
    after,
    cases(cases) {
      for (const [title, one] of Object.entries(cases)) {
        const unless = one.unless ?? null;
        if (unless !== null) {
          test(title, () => {}, { unless });
          continue;
        }
        const problems = new Promise<string[]>((resolve) => {
          waiting.push(async () => {
            const found = await tryOut(one);
            const value = await next(1);
            resolve(value === 2 ? found : [...found, `the next call: ${next.error?.message}`]);
          });
        });
        test(title, async () => assert.equal(await problems, []));
      }
    },
  };
}

async function tryOut({ limits, call, args = [], expected, check }: Case): Promise<string[]> {
  try {
    const limiter = enforceLimits({ wallTimeInS: 30, memInMb: 128, captureOutput: true, ...limits });
    const limited = typeof call === 'function' ? limiter(call) : limiter(call);
    const outcome = await limited.run(...args);
    const wrong = mismatches(outcome, expected);
    if (wrong.length === 0) check?.(outcome);
    return wrong;
  } catch (thrown) {
    return [(thrown as Error).message];
  }
}

function mismatches(outcome: Outcome, { message, ...fields }: Expected): string[] {
  const said = outcome.error?.message ?? '';
  const wrong = message === undefined || message.test(said) ? [] : [`the message is ${said}`];
  for (const [field, value] of Object.entries(fields)) {
    try {
      assert.equal(outcome[field as keyof Outcome], value);
    } catch {
      wrong.push(`${field} is ${shown(outcome[field as keyof Outcome])}, not ${shown(value)}. ${said}`);
    }
  }
  return wrong;
}

function shown(value: unknown): string {
  const text = inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

const builtIns = { Object, Function, Array, String, Promise, Error, RegExp, Map, JSON, Reflect, Buffer, process };

/** What hostile code, or the bytes it sent, could have changed in this program. */
function observeHost() {
  const facts = new Map<string, string>([['working directory', process.cwd()]]);
  for (const [name, thing] of Object.entries(builtIns)) {
    facts.set(name, Reflect.ownKeys(thing).map(String).join());
    if ('prototype' in thing)
      facts.set(
        `${name}.prototype`,
        Reflect.ownKeys(thing.prototype as object)
          .map(String)
          .join(),
      );
  }
  return { facts, descriptors: readdirSync('/proc/self/fd').length };
}
