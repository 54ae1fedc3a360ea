import * as assert from 'uvu/assert';
import { durationFault } from '../../src/call/faults.js';
import type { End } from '../../src/wire/protocol.js';
import { suite } from '../harness.js';

const { test } = suite('faults of a call');

const said = (end: End) => ({ end, value: [] });
const exiting = (durationInS: number) => said({ status: 'exiting', phase: 'call', durationInS, exitCode: 0 });

test('a duration that fits into the time that has passed is believed, and so is one that clocks may have made longer', () => {
  for (const [durationInS, mostInS] of [
    [0, 0],
    [1, 1],
    [1, 100],
    [0.03, 0.001],
    [1000, 995],
  ] as const)
    assert.is(durationFault(exiting(durationInS), mostInS), null, `${durationInS} of ${mostInS}`);
});

test('one that does not is a fault that names both', () => {
  const fault = durationFault(said({ status: 'returned', durationInS: 21, valueInBytes: 0 }), 0.1);
  assert.is(fault?.kind, 'protocol');
  assert.is(fault?.message, 'The runner says that the function took 21 s, of 0.100 s that have passed');
});

test('a word without a duration is not doubted, nor is none at all', () => {
  assert.is(durationFault(said({ status: 'failed', problem: 'no room' }), 0), null);
  assert.is(durationFault(null, 0), null);
});
