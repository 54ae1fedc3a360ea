import * as assert from 'uvu/assert';
import { parseCount, parseNumber, parseSizeInMb, parseTimeInS } from '../../src/cli/units.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('units of the command line');

const sizes: Record<string, number> = {
  '256MiB': 256,
  '256MB': 256,
  '256mb': 256,
  '256M': 256,
  '256 MB': 256,
  '1.5GiB': 1536,
  '1.5g': 1536,
  '64k': 0.0625,
  '64KiB': 0.0625,
  '1048576B': 1,
  '1TB': 1048576,
  '.5G': 512,
  '1024': 1024,
  '0.25': 0.25,
};

const times: Record<string, number> = {
  '1.5h': 5400,
  '1h30m': 5400,
  '1d1h': 90_000,
  '300ms': 0.3,
  '2s': 2,
  '1m': 60,
  '1m500ms': 60.5,
  '1M': 60,
  '2': 2,
  '0.3': 0.3,
  '.3': 0.3,
};

for (const [text, megabytes] of Object.entries(sizes)) {
  test(`size ${text}`, () => assert.is(parseSizeInMb('mem', text), megabytes));
}
for (const [text, seconds] of Object.entries(times)) {
  test(`time ${text}`, () => assert.ok(Math.abs(parseTimeInS('wall-time', text) - seconds) < 1e-9));
}

for (const text of [
  '',
  'MB',
  '1.5.2G',
  '256 MiBs',
  '-1',
  '-1MB',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  '1,5G',
  '5x',
  '1G5M',
  '0',
  '0MB',
]) {
  test(`no size: ${JSON.stringify(text)}`, () => assert.throws(() => parseSizeInMb('mem', text), naming('--mem', text)));
}
for (const text of ['', 's', '-2s', '1h 30m', '30m1h', '1s1s', '2 s', '1e3', '2x', '1h30', 'soon', '0', '0s']) {
  test(`no time: ${JSON.stringify(text)}`, () =>
    assert.throws(() => parseTimeInS('wall-time', text), naming('--wall-time', text)));
}

test('a grace period may be 0', () => {
  assert.is(parseTimeInS('grace', '0', { zero: true }), 0);
  assert.is(parseTimeInS('grace', '0s', { zero: true }), 0);
});

test('counts and numbers', () => {
  assert.is(parseCount('processes', '3'), 3);
  assert.is(parseNumber('cpus', '0.5'), 0.5);
  for (const text of ['0', '1.5', '-1', 'two', ''])
    assert.throws(() => parseCount('processes', text), naming('--processes', text));
  for (const text of ['0', '-1', '1e2', 'half', '']) assert.throws(() => parseNumber('cpus', text), naming('--cpus', text));
});

test('every size that is written is read back', () => {
  const units = fc.constantFrom(
    ['KiB', 2 ** 10] as const,
    ['MB', 2 ** 20] as const,
    ['g', 2 ** 30] as const,
    ['T', 2 ** 40] as const,
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), units, (count, [unit, bytes]) => {
      assert.is(parseSizeInMb('mem', `${count}${unit}`) * 2 ** 20, count * bytes);
    }),
  );
});

test('every time that is written is read back', () => {
  const part = fc.integer({ min: 1, max: 59 });
  fc.assert(
    fc.property(part, part, part, (hours, minutes, seconds) => {
      assert.is(parseTimeInS('wall-time', `${hours}h${minutes}m${seconds}s`), hours * 3600 + minutes * 60 + seconds);
    }),
  );
});

test('whatever else is typed is refused, or is a positive finite number', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      for (const parse of [parseSizeInMb, parseTimeInS]) {
        try {
          const value = parse('mem', text);
          assert.ok(Number.isFinite(value) && value > 0 && /\d/.test(text), `${text} became ${value}`);
        } catch (error) {
          assert.is((error as Error).name, 'UsageError');
        }
      }
    }),
  );
});

function naming(option: string, text: string): (error: Error) => boolean {
  return (error) => error.name === 'UsageError' && error.message.includes(option) && error.message.includes(`\`${text}\``);
}
