import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import type { Reason } from '../../src/call/classify.js';
import { type AnyFunction, enforceLimits as enforceLimitsWarm } from '../../src/enforce-limits.js';
import {
  fromModule,
  getContext,
  type LimitOptions,
  type ModuleFunction,
  type Outcome,
  type SourceFunction,
} from '../../src/index.js';
import type { OutcomeFacts } from '../../src/outcome.js';
import { type Suite, suite } from '../harness.js';
import { type HostFacts, observeHost, residentMemory } from './host-facts.js';
import { leftovers } from './leftovers.js';
import { enforceLimits } from './spawned.js';

/** Fields of the outcome that must be just so; `message` must match the error's, `reason` is the word that the logger gets. */
interface Expected extends Partial<Omit<OutcomeFacts, 'timings'>> {
  exitStatus: Outcome['exitStatus'];
  result?: unknown;
  message?: RegExp;
  reason?: Reason;
}

export interface Case {
  /** Why the engine under test cannot have it. @default null: it can */
  unless?: string | null;
  /** @default wallTimeInS 30, memInMb 128, captureOutput */
  limits?: LimitOptions;
  call: AnyFunction | ModuleFunction<AnyFunction> | SourceFunction<AnyFunction>;
  args?: readonly unknown[];
  expected: Expected;
  /** What no field says by itself; `reason` as in {@link Expected}. */
  check?: (outcome: Outcome, reason: Reason) => void;
}

interface HostileSuite extends Pick<Suite, 'test' | 'before' | 'after'> {
  /** Registers a test for each: the outcome must be just so, the next call must return its value, and this program be as it was. */
  cases(cases: { readonly [name: string]: Case }): void;
}

/** Test files run two at a time, and a container keeps a core busy. */
const AT_ONCE = Math.max(2, availableParallelism());
/** Descriptors that may have been opened for good meanwhile: connections to the engine. A leak would be one for each case. */
const SPARE_DESCRIPTORS = 8;
/** What this program may have taken more of the machine at the end: measured, 71 MB after outcomes of 1 MB each. */
const SPARE_MEMORY_IN_BYTES = 256 * 2 ** 20;

/** A function of `test/adversarial/guests/`: the default export of the file of that name. */
export function guest(name: string): ModuleFunction<AnyFunction> {
  return fromModule(new URL(`../adversarial/guests/${name}.ts`, import.meta.url));
}

/**
 * A suite of code that means harm. Its cases run some at a time from the first test on; each is a test of its own, which waits for its
 * outcome. After each of them this program must be as it was, and after all no container left, nor much more of its memory taken.
 */
export function hostileSuite(name: string): HostileSuite {
  const { test, before, after } = suite(name, { timeoutInS: 150 });
  const waiting: (() => Promise<void>)[] = [];
  // A container for each would double the time that all takes; that one can still be started is what the next case shows.
  const context = getContext('forkserver', { maxTasksPerChild: 10 });
  const next = enforceLimitsWarm({ wallTimeInS: 60, context })((n: number) => n + 1);
  let host: HostFacts;
  let unharmed: Footprint;

  const work = async () => {
    for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) await start();
  };
  const nextCallWorks = async () => {
    const { result, error } = await next.run(1);
    assert.is(result, 2, error?.message);
  };
  before(async () => {
    // Loads what is loaded once, and builds the image if need be.
    await nextCallWorks();
    host = observeHost();
    unharmed = footprint();
    for (let worker = 0; worker < AT_ONCE; worker++) void work();
  });
  after(async () => {
    await nextCallWorks();
    await next.close();
    assert.equal(await leftovers('of this process'), []);
    assert.equal(host.changes(), []);
    const harmed = footprint();
    assert.ok(
      harmed.descriptors <= unharmed.descriptors + SPARE_DESCRIPTORS,
      `${unharmed.descriptors} descriptors were open before, ${harmed.descriptors} are now`,
    );
    assert.ok(
      harmed.memoryInBytes <= unharmed.memoryInBytes + SPARE_MEMORY_IN_BYTES,
      `${unharmed.memoryInBytes} bytes of memory were taken before, ${harmed.memoryInBytes} are now`,
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
            await nextCallWorks().catch(({ message }: Error) => found.push(`the next call: ${message}`));
            // Some run at a time: it was this case, or one beside it.
            resolve([...found, ...host.changes().map((what) => `this program is harmed: ${what}`)]);
          });
        });
        test(title, async () => assert.equal(await problems, []));
      }
    },
  };
}

async function tryOut({ limits, call, args = [], expected, check }: Case): Promise<string[]> {
  try {
    const log = new Map<string, unknown>();
    const noteReason = (_: string, fields: object = {}) => {
      if ('reason' in fields) log.set('reason', fields.reason);
    };
    const logger = { debug: noteReason, info() {}, warn() {}, error() {} };
    const limiter = enforceLimits({ wallTimeInS: 30, memInMb: 128, captureOutput: true, logger, ...limits });
    const limited = limiter(call as AnyFunction);
    const outcome = await limited.run(...args);
    const reason = log.get('reason') as Reason;
    const wrong = mismatches({ ...outcome, reason }, expected);
    if (wrong.length === 0) check?.(outcome, reason);
    return wrong;
  } catch (thrown) {
    // The details are those of an assertion.
    const { message, details = '' } = thrown as Error & { details?: string };
    return [`${message} ${details}`.trim()];
  }
}

function mismatches(outcome: Outcome & { reason: Reason }, { message, ...fields }: Expected): string[] {
  const said = outcome.error?.message ?? '';
  const wrong = message === undefined || message.test(said) ? [] : [`the message is ${said}`];
  for (const [field, value] of Object.entries(fields)) {
    try {
      assert.equal(outcome[field as keyof typeof outcome], value);
    } catch {
      wrong.push(`${field} is ${shown(outcome[field as keyof typeof outcome])}, not ${shown(value)}. ${said}`);
    }
  }
  return wrong;
}

function shown(value: unknown): string {
  const text = inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

interface Footprint {
  readonly descriptors: number;
  readonly memoryInBytes: number;
}

/** What this program takes of the machine. */
function footprint(): Footprint {
  return { descriptors: readdirSync('/proc/self/fd').length, memoryInBytes: residentMemory() };
}
