import * as assert from 'uvu/assert';
import { getContext } from '../../src/context.js';
import { checkLimits, type LimitOptions } from '../../src/limits.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('options');

const refused: [string, unknown, RegExp, 'TypeError' | 'RangeError'][] = [
  [
    'a negative number',
    { memInMb: -1 },
    /^Expected `memInMb` to be a positive number or null, got `-1` \(number\)$/,
    'RangeError',
  ],
  ['zero', { wallTimeInS: 0 }, /`wallTimeInS` to be a positive number or null, got `0`/, 'RangeError'],
  ['NaN', { cpuTimeInS: Number.NaN }, /`cpuTimeInS`.*got `NaN`/, 'RangeError'],
  ['Infinity', { wallTimeInS: Number.POSITIVE_INFINITY }, /`wallTimeInS`.*got `Infinity`/, 'RangeError'],
  ['text for a number', { memInMb: '128' }, /`memInMb`.*got `'128'` \(string\)/, 'TypeError'],
  ['a bigint', { memInMb: 1n }, /`memInMb`.*got `1n` \(bigint\)/, 'TypeError'],
  ['no process at all', { numProcesses: 0 }, /`numProcesses` to be a positive integer or null, got `0`/, 'RangeError'],
  ['half a process', { numProcesses: 1.5 }, /`numProcesses` to be a positive integer or null, got `1.5`/, 'RangeError'],
  [
    'a negative grace period',
    { gracePeriodInS: -0.5 },
    /`gracePeriodInS` to be zero, a positive number or null, got `-0.5`/,
    'RangeError',
  ],
  ['a misspelt option', { memInMB: 1 }, /Unknown option `memInMB` of `enforceLimits`. Did you mean `memInMb`\?/, 'TypeError'],
  ["the seed's spelling", { wall_time_in_s: 1 }, /Did you mean `wallTimeInS`\?/, 'TypeError'],
  [
    'an unknown option',
    { colour: 'red' },
    /Unknown option `colour` of `enforceLimits`. The options are memInMb, /,
    'TypeError',
  ],
  [
    'text for the logger',
    { logger: 'console' },
    /`logger` to be an object with the methods debug, info, warn and error/,
    'TypeError',
  ],
  ['a logger without warn', { logger: { debug() {}, info() {}, error() {} } }, /missing: warn/, 'TypeError'],
  ['text for captureOutput', { captureOutput: 'yes' }, /`captureOutput` to be true or false, got `'yes'`/, 'TypeError'],
  ['a context by name', { context: 'spawn' }, /`context` to be what getContext\('spawn'\)/, 'TypeError'],
  ['a number in env', { env: { PORT: 80 } }, /`env.PORT` to be a string/, 'TypeError'],
  ['a name with = in env', { env: { 'A=B': '' } }, /`env` to be names without `=` or NUL, got `'A=B'`/, 'TypeError'],
  ['a signal that is none', { signal: {} }, /`signal` to be an AbortSignal or null/, 'TypeError'],
  ['no object', 5, /options of `enforceLimits` to be an object, got `5`/, 'TypeError'],
];
for (const [what, options, message, name] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => checkLimits(options as LimitOptions),
      (error: Error) => error.name === name && message.test(error.message),
    );
  });
}

test('null means no restriction, and absent the default', () => {
  const none = checkLimits({
    memInMb: null,
    cpuTimeInS: null,
    wallTimeInS: null,
    numProcesses: null,
    gracePeriodInS: null,
    maxOutputInMb: null,
    maxResultInMb: null,
    scratchInMb: null,
    env: null,
    signal: null,
    logger: null,
    captureOutput: null,
    context: null,
    cpus: null,
  });
  assert.equal(
    [none.memInBytes, none.cpuTimeInS, none.wallTimeInS, none.numProcesses, none.gracePeriodInS, none.scratchInBytes],
    [null, null, null, null, 0, null],
  );
  assert.equal(
    [none.maxOutputInBytes, none.maxResultInBytes, none.captureOutput, none.context.method],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, false, 'forkserver'],
  );
  const absent = checkLimits({});
  assert.equal(
    [absent.maxOutputInBytes, absent.maxResultInBytes, absent.scratchInBytes],
    [8 * 2 ** 20, 64 * 2 ** 20, 64 * 2 ** 20],
  );
});

test('takes any positive finite number for time and memory', () => {
  fc.assert(
    fc.property(fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }), (value) => {
      const limits = checkLimits({ memInMb: value, cpuTimeInS: value, wallTimeInS: value, gracePeriodInS: value });
      assert.ok(limits.memInBytes !== null && limits.memInBytes >= 1 && Number.isSafeInteger(limits.memInBytes));
      assert.is(limits.wallTimeInS, value);
    }),
  );
});

test('never throws anything but TypeError and RangeError', () => {
  fc.assert(
    fc.property(
      fc.anything(),
      fc.constantFrom('memInMb', 'numProcesses', 'logger', 'context', 'env', 'signal', 'captureOutput'),
      (value, name) => {
        try {
          checkLimits({ [name]: value });
        } catch (error) {
          assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
        }
      },
    ),
  );
});

test("getContext('fork') says what to use instead", () => {
  assert.throws(() => getContext('fork' as 'spawn'), /cannot exist here.*getContext\('forkserver'\)/);
  assert.throws(() => getContext('thread' as 'spawn'), /'spawn' or 'forkserver', got 'thread'/);
});

const wrongContexts: [string, object, RegExp][] = [
  [
    'an engine that is no URL',
    { engine: '/var/run/docker.sock' },
    /`engine` to be a URL like 'unix:\/\/.*got `\/var\/run\/docker.sock`/,
  ],
  ['an engine of another kind', { engine: 'ftp://x' }, /`engine` to be a URL.*got `ftp:\/\/x`/],
  ['an empty image', { image: '' }, /`image` to be a non-empty string/],
  ['no call at once', { maxConcurrency: 0 }, /`maxConcurrency` to be an integer of at least 1, got `0`/],
  ['a misspelt option', { runTime: 'runsc' }, /Unknown option `runTime` of `getContext`. Did you mean `runtime`\?/],
];
for (const [what, options, message] of wrongContexts) {
  test(`getContext refuses ${what}`, () => assert.throws(() => getContext('spawn', options), message));
}
