import * as assert from 'uvu/assert';
import { type LimitOptions, untrusted } from '../../src/index.js';
import { checkLimits } from '../../src/limits.js';
import { suite } from '../harness.js';
import { interfaceMembers } from '../support/interface-members.js';

const { test } = suite('the preset for untrusted code');

test('bounds everything that an option can bound', () => {
  const options = interfaceMembers(new URL('../../src/limits.ts', import.meta.url), 'LimitOptions');
  const bounds = [...options].flatMap(([name, type]) => (/\bnumber\b/.test(type) ? [name] : []));
  assert.ok(bounds.length >= 9, `found ${bounds.join()}`);
  const given: Readonly<Record<string, unknown>> = untrusted;
  assert.equal(
    bounds.filter((name) => typeof given[name] !== 'number'),
    [],
    'src/untrusted.ts gives no number for these',
  );
});

test('is valid, and leaves no limit open', () => {
  const limits = Object.entries(checkLimits(untrusted));
  assert.equal(
    limits.filter(([, value]) => value === null || value === Number.POSITIVE_INFINITY).map(([name]) => name),
    ['logger', 'signal'],
  );
});

test('keeps what it prints, gives it no time to react and nothing of an environment', () => {
  const { captureOutput, gracePeriodInS, env } = checkLimits(untrusted);
  assert.equal([captureOutput, gracePeriodInS, env], [true, 0, {}]);
});

test('cannot be changed for everybody, and goes before nothing that is given after it', () => {
  assert.throws(() => Object.assign(untrusted, { memInMb: null }), TypeError);
  assert.throws(() => Object.assign(untrusted.env, { SECRET: '1' }), TypeError);
  const options: LimitOptions = { ...untrusted, memInMb: 64, env: { ...untrusted.env, LANG: 'C' } };
  assert.is(checkLimits(options).memInBytes, 64 * 2 ** 20);
  assert.is(checkLimits(options).wallTimeInS, untrusted.wallTimeInS);
});
