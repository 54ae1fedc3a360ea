/** Containers that serve several calls, and whose runner says something while it should wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { enforceLimits, getContext } from '../../src/index.js';
import { GuestFrame, HostMessage } from '../../src/wire/protocol.js';
import { PROGRAM_VARIABLE, type Step } from '../fixtures/hostile-runner/program.js';
import { hostileImage, removeHostileImages } from '../fuzz/containers/image.js';
import { encoded, end, frame, leave, returning, toCall } from '../fuzz/containers/programs.js';
import { suite } from '../harness.js';
import { noCgroup, noKernelOfTheHost } from '../support/engine-under-test.js';
import { leftovers } from '../support/leftovers.js';
import { patience } from '../support/patience.js';

const { test, after } = suite('hostile containers that are used again', { timeoutInS: 120 });

after(async () => {
  await removeHostileImages();
  assert.equal(await leftovers(), []);
});

const AFTER_THE_CALL_IN_MS = 300;
const first: readonly Step[] = [
  ...toCall,
  ...returning(encoded('first')),
  { do: 'frame', type: GuestFrame.Flushed, stream: 2 },
  { do: 'sleep', inMs: AFTER_THE_CALL_IN_MS },
];
const second: readonly Step[] = [
  { do: 'await', type: HostMessage.Arguments },
  frame(GuestFrame.Ready),
  { do: 'await', type: HostMessage.Go },
  ...returning(encoded('second')),
  ...leave,
];
const outOfTurn: { readonly [name: string]: readonly Step[] } = {
  nothing: [],
  'a value': returning(encoded('forged')),
  'a failure': [end('failed', { problem: 'forged' })],
  'no frame': [{ ...(frame(GuestFrame.Value) as Step & { do: 'frame' }), skew: 5 }],
  'Flushed, on stderr': [{ do: 'frame', type: GuestFrame.Flushed, stream: 2 }],
};

for (const [name, steps] of Object.entries(outOfTurn)) {
  test(`one that says ${name} between two calls costs no call, and is believed in none`, async () => {
    const program = [...first, ...steps, ...second];
    const limited = enforceLimits({
      wallTimeInS: 5,
      memInMb: 128,
      captureOutput: true,
      env: { [PROGRAM_VARIABLE]: JSON.stringify(program) },
      context: getContext('forkserver', { image: await hostileImage(null), maxTasksPerChild: 10 }),
    })(() => 'what no hostile runner returns');
    try {
      assert.is((await limited.run()).result, 'first');
      // Where nothing is to come there is nothing to be patient for, and a container that has waited 10 s is given up.
      await sleep((AFTER_THE_CALL_IN_MS + 500) * (steps.length === 0 ? 1 : patience));
      const { result, error } = await limited.run();
      // Of the same container, or of another one's beginning: no container serves twice whose counters cannot be read.
      assert.is(result, steps.length === 0 && noCgroup === null ? 'second' : 'first', error?.message);
    } finally {
      await limited.close();
    }
  });
}

test(
  'an OOM kill that one call survived is none of the next',
  async () => {
    await using limited = enforceLimits({
      wallTimeInS: 30,
      memInMb: 96,
      context: getContext('forkserver', { maxTasksPerChild: 2 }),
    })(async (how: 'survives' | 'exits') => {
      if (how === 'exits') process.exit(3);
      const { spawnSync } = await import('node:child_process');
      return spawnSync(process.execPath, ['-e', 'for (const kept = [];;) kept.push(Buffer.alloc(1e6, 1))']).signal;
    });
    const survived = await limited.run('survives');
    assert.equal([survived.exitStatus, survived.result], [0, 'SIGKILL'], survived.error?.message);
    const next = await limited.run('exits');
    assert.equal([next.exitStatus, next.exitCode], ['AnythingException', 3], next.error?.message);
    assert.is(next.timings.start, 0, 'in the same container');
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);
