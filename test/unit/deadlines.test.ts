import * as assert from 'uvu/assert';
import { containerDeadline, cpuBackstop, pauseUntilCpuLimit, timerFor } from '../../src/call/deadlines.js';
import { heapArguments } from '../../src/call/heap-size.js';
import { suite } from '../harness.js';

const { test } = suite('deadlines and heap size');
const MB = 2 ** 20;

test('the CPU time is read again when the limit could be reached at the soonest', () => {
  assert.is(pauseUntilCpuLimit(1, 2), 0.5);
  assert.is(pauseUntilCpuLimit(1, 0.5), 2);
  assert.is(pauseUntilCpuLimit(0.0001, 2), 0.002);
  assert.is(pauseUntilCpuLimit(-1, 2), 0.002);
});

test('no timer is longer than setTimeout takes', () => {
  assert.is(timerFor(2), 2);
  assert.is(timerFor(-1), 0);
  assert.ok(timerFor(1e9) * 1000 < 2 ** 31);
});

const backstops: [
  string,
  { cpuTimeInS: number | null; wallTimeInS: number | null; gracePeriodInS: number },
  { soft: number; hard: number } | null,
][] = [
  ['no time limit', { cpuTimeInS: null, wallTimeInS: null, gracePeriodInS: 0 }, null],
  ['fractions become whole seconds', { cpuTimeInS: 0.4, wallTimeInS: null, gracePeriodInS: 0 }, { soft: 6, hard: 7 }],
  ['wall time bounds CPU time by the cores', { cpuTimeInS: null, wallTimeInS: 3, gracePeriodInS: 0 }, { soft: 17, hard: 18 }],
  ['the smaller of both', { cpuTimeInS: 2, wallTimeInS: 60, gracePeriodInS: 0 }, { soft: 9, hard: 10 }],
  [
    'the grace period is between soft and hard',
    { cpuTimeInS: 2, wallTimeInS: null, gracePeriodInS: 1.5 },
    { soft: 9, hard: 13 },
  ],
  ['more than rlimits hold', { cpuTimeInS: 1e300, wallTimeInS: null, gracePeriodInS: 0 }, null],
];
for (const [what, limits, expected] of backstops) {
  test(`CPU backstop: ${what}`, () => assert.equal(cpuBackstop(limits, 2), expected));
}

test('a container has a deadline when its limits give it one', () => {
  assert.is(containerDeadline({ wallTimeInS: null, gracePeriodInS: 5 }, 1000), null);
  assert.is(containerDeadline({ wallTimeInS: 2, gracePeriodInS: 1 }, 1000), 1000 + 66_000);
  assert.is(containerDeadline({ wallTimeInS: 1e300, gracePeriodInS: 1 }, 1000), null);
});

const heaps: [number | null, string[]][] = [
  [null, []],
  [1024 * MB, ['--max-old-space-size=937', '--max-semi-space-size=16']],
  [256 * MB, ['--max-old-space-size=223', '--max-semi-space-size=8']],
  [128 * MB, ['--max-old-space-size=104', '--max-semi-space-size=4']],
  [64 * MB, ['--max-old-space-size=44', '--max-semi-space-size=2']],
  [32 * MB, ['--max-old-space-size=14', '--max-semi-space-size=1']],
  [1, ['--max-old-space-size=4', '--max-semi-space-size=1']],
];
for (const [memory, expected] of heaps) {
  test(`heap in ${memory === null ? 'unlimited memory' : `${memory / MB} MB`}`, () =>
    assert.equal(heapArguments(memory), expected));
}
