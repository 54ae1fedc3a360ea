import * as assert from 'uvu/assert';
import { EngineError } from '../../src/engine/engine-error.js';
import { engineInfo } from '../../src/engine/engine-info.js';
import { refuseProcessLimit, runsInGvisor } from '../../src/engine/gvisor.js';
import { specOf } from '../engine/engine-sandbox.js';
import { suite } from '../harness.js';

const { test } = suite('gVisor');
const engineWith = (DefaultRuntime: string) => engineInfo({ DefaultRuntime }, {});

test('is known by the name of the runtime that is asked for, or of the default one', () => {
  const table: readonly [defaultRuntime: string, asked: string | null, gvisor: boolean][] = [
    ['runc', null, false],
    ['', null, false],
    ['runc', 'crun', false],
    ['runc', 'runsc', true],
    ['runc', 'runsc-kvm', true],
    ['runc', 'io.containerd.runsc.v1', true],
    ['runc', 'gVisor', true],
    ['runsc', null, true],
    ['runsc', 'runc', false],
  ];
  for (const [defaultRuntime, asked, expected] of table)
    assert.is(runsInGvisor(engineWith(defaultRuntime), asked), expected, `${defaultRuntime}, ${asked}`);
});

test('takes no limit on processes, and says what to do instead', () => {
  const refused = (extraTasks: number | null, runtime: string | null) => {
    try {
      refuseProcessLimit(engineWith('runc'), specOf('', { extraTasks, runtime }));
      return null;
    } catch (error) {
      assert.instance(error, EngineError);
      return error as EngineError;
    }
  };
  assert.is(refused(null, 'runsc'), null);
  assert.is(refused(0, null), null);
  const error = refused(0, 'runsc');
  assert.is(error?.kind, 'unkept-limit');
  assert.match(error?.message ?? '', /`runsc` is gVisor.*number of processes/s);
  assert.match(error?.hint ?? '', /`numProcesses: null`/);
});
