import { writeSync } from 'node:fs';
import { inspect, types } from 'node:util';
import { patience } from './support/patience.js';
import type { TestRecord } from './support/record.js';

// uvu starts by itself on a timer unless it believes that its own command runs it: its timer would fire amid a file's
// top-level await, and nobody would learn when it has finished.
Object.assign(globalThis, { UVU_DEFER: 1, UVU_QUEUE: [[null]] });
const uvu = await import('uvu');

type Body = () => void | Promise<void>;

export interface TestOptions {
  /** Why it cannot be run here: it is skipped, and says so. Null: it can. */
  unless?: string | null;
  /** Seconds after which the test has failed, times {@link patience}. Default 10, under test/engine 60; for hooks 60. */
  timeoutInS?: number;
}

export interface TestFunction {
  (name: string, body: Body, options?: TestOptions): void;
  /** Counts as skipped, and says why. */
  skip(name: string, reason: string): void;
}

export interface Suite {
  test: TestFunction;
  /** Runs once, ahead of the tests. When it fails, so does every test of the suite. */
  before(body: Body, options?: TestOptions): void;
  /** Runs once, after the tests, also when they failed. */
  after(body: Body, options?: TestOptions): void;
}

// Absent when the file was started by hand. Taken out of the environment, so that no program under test writes there.
const recordDescriptor = process.env.NISHER_TEST_RECORDS === undefined ? undefined : Number(process.env.NISHER_TEST_RECORDS);
delete process.env.NISHER_TEST_RECORDS;

const hookTimeoutInS = 60;
let defaultTimeoutInS = 10;
let state: 'registering' | 'running' | 'done' = 'registering';
let running = 'the loading of the file';
let failures = 0;
let registered = 0;
const starters: (() => void)[] = [];

/**
 * Registers a suite. {@link runSuites} runs it; a test file calls nothing itself.
 * @param defaults For tests of this suite that say nothing else.
 */
export function suite(name: string, defaults: TestOptions = {}): Suite {
  refuseLateRegistration(`suite ${name}`);
  const inner = uvu.suite(name);
  let hookFailure: Error | undefined;
  starters.push(() => inner.run());

  function test(title: string, body: Body, options: TestOptions = {}): void {
    const reason = options.unless ?? defaults.unless;
    if (reason) {
      test.skip(title, reason);
      return;
    }
    const label = register(name, title);
    inner(title, async () => {
      try {
        if (hookFailure) throw new Error(`did not run: a before hook failed: ${hookFailure.message.split('\n', 1)[0]}`);
        await withTimeLimit(label, body, options.timeoutInS ?? defaults.timeoutInS ?? defaultTimeoutInS);
      } catch (thrown) {
        throw fail(label, thrown);
      }
      record({ kind: 'passed', test: label });
    });
  }
  test.skip = (title: string, reason: string): void => {
    record({ kind: 'skipped', test: register(name, title), reason });
    inner.skip(title);
  };

  // A hook must not throw into uvu, which would drop the error and report success.
  const hook = (kind: string, body: Body, options: TestOptions) => async () => {
    const label = `${name} › ${kind} hook`;
    try {
      await withTimeLimit(label, body, options.timeoutInS ?? hookTimeoutInS);
    } catch (thrown) {
      hookFailure = fail(label, thrown);
      process.stdout.write(`\n${describe(hookFailure)}\n`);
    }
  };
  return {
    test,
    before: (body, options = {}) => inner.before(hook('before', body, options)),
    after: (body, options = {}) => inner.after(hook('after', body, options)),
  };
}

/**
 * Runs every suite registered so far.
 * @param timeoutInS Time limit of tests that give none.
 */
export async function runSuites(timeoutInS: number): Promise<void> {
  defaultTimeoutInS = timeoutInS;
  if (registered === 0) fail('the file', new Error('registered no test'));
  state = 'running';
  for (const start of starters) start();
  await uvu.exec();
  state = 'done';
  if (failures > 0) process.exitCode = 1;
}

/** Counts a failure that is no test's own. Returns what was thrown as an Error that uvu can print. */
export function fail(label: string, thrown: unknown): Error {
  const error = toError(thrown);
  failures++;
  process.exitCode = 1;
  record({ kind: 'failed', test: label, report: describe(error) });
  return error;
}

function register(suiteName: string, title: string): string {
  const label = `${suiteName} › ${title}`;
  refuseLateRegistration(label);
  registered++;
  record({ kind: 'registered', test: label });
  return label;
}

function refuseLateRegistration(what: string): void {
  if (state !== 'registering') throw new Error(`${what} was registered after the tests had begun, and would never run`);
}

async function withTimeLimit(label: string, body: Body, usualLimitInS: number): Promise<void> {
  const limitInS = usualLimitInS * patience;
  running = label;
  record({ kind: 'started', what: label, dueInS: limitInS });
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within its time limit of ${limitInS} s`)), limitInS * 1000);
  });
  try {
    await Promise.race([Promise.resolve().then(body), limit]);
  } finally {
    clearTimeout(timer);
  }
}

// uvu prints an error's name and stack, and throws when they are no strings.
function toError(thrown: unknown): Error {
  const isError = types.isNativeError(thrown) || thrown instanceof Error;
  if (isError && typeof thrown.name === 'string' && typeof thrown.stack === 'string') return thrown;
  return new Error(`threw something that is no Error: ${inspect(thrown)}`);
}

function describe(error: Error): string {
  const details = 'details' in error && typeof error.details === 'string' ? `\n${error.details}` : '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${inspect(error.cause)}`;
  return `${error.stack?.replace(harnessFrames, '')}${details}${cause}`;
}

// The way from here to the test, which is the same for all.
const harnessFrames = /\n +at .*(node_modules\/uvu\/|\/test\/harness\.ts|\/test\/run-file\.ts).*/g;

function record(entry: TestRecord): void {
  if (recordDescriptor !== undefined) writeSync(recordDescriptor, `${JSON.stringify(entry)}\n`);
}

process.on('unhandledRejection', (reason) => {
  process.stdout.write(`\n${describe(fail(`unhandled rejection during ${running}`, reason))}\n`);
});
process.on('uncaughtException', (error) => {
  process.stdout.write(`\n${describe(fail(`uncaught exception during ${running}`, error))}\n`);
});
process.on('exit', () => {
  if (state === 'done') return;
  process.stderr.write(`The file ended ${state === 'running' ? `during ${running}` : 'before its tests began'}.\n`);
  process.stderr.write('A test file is run by: npx tsx test/run.ts FILE\n');
  process.exitCode = 1;
});
