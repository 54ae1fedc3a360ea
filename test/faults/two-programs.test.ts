import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { Engine } from '../../src/engine/connect.js';
import { collectGarbage } from '../../src/engine/garbage.js';
import { suite } from '../harness.js';
import { processesNaming } from '../support/clear-away.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { type FaultProgram, startFaultProgram } from '../support/fault-program.js';
import { localEngine } from '../support/local-engine.js';
import { someAtOnce } from '../support/some-at-once.js';
import { isStep } from '../support/steps.js';
import { CLEAN_AFTER_S, containersOf, REAPED_AFTER_S } from '../support/traces.js';

/** Several programs on one engine: each sweeps what the dead have left, and nothing of the living. */
const { test, before } = suite('two programs');

let engine: Engine;
let enginePath: string;
before(async () => {
  ({ engine, enginePath } = await localEngine());
});

test(
  "a living program's containers, created or running, survive every sweep: of gc, and of a dead neighbour's reaper",
  async () => {
    let created = () => {};
    const isCreated = new Promise<void>((resolve) => {
      created = resolve;
    });
    let letStart = () => {};
    const mayStart = new Promise<void>((resolve) => {
      letStart = resolve;
    });
    await using slowly = await openEngineProxy(enginePath, async (request) => {
      if (!isStep('start', request)) return undefined;
      created();
      await mayStart;
      return undefined;
    });
    await using plainly = await openEngineProxy(enginePath, () => undefined);
    await using starting = await startFaultProgram(slowly, 'program', ['spawn', 'answer']);
    await using running = await startFaultProgram(plainly, 'program', ['forkserver', 'waits']);
    assert.ok(await running.printed('called'));
    await isCreated;

    // A third, that dies: its reaper has the whole engine to look through.
    await using other = await openEngineProxy(enginePath, () => undefined);
    await using dying = await startFaultProgram(other, 'program', ['spawn', 'busy']);
    assert.ok(await dying.printed('called'));
    dying.child.kill('SIGKILL');
    assert.equal(await dying.traces(REAPED_AFTER_S), []);
    await collectGarbage(engine, { images: false });

    const of = async ({ child }: FaultProgram) => (await containersOf(engine, (_id, pid) => pid === child.pid)).join();
    assert.match(await of(starting), /^container \w+ created$/);
    assert.match(await of(running), /running/);
    letStart();
    assert.match((await starting.ended).stdout, /outcome 0/);
    running.child.kill('SIGTERM');
    assert.equal(await running.traces(REAPED_AFTER_S), []);
  },
  { timeoutInS: 120 },
);

/** So that nobody is there to remove what it leaves. */
async function killWithReaper(program: FaultProgram, url: string): Promise<void> {
  for (const pid of processesNaming(url))
    if (readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('/bin/sh')) process.kill(pid, 'SIGKILL');
  program.child.kill('SIGKILL');
  await program.ended;
}

test(
  'what nobody was there to remove: the reaper is killed, too, and the next program or `nisher gc` does it',
  async () => {
    for (const next of ['gc', 'program'] as const) {
      await using proxy = await openEngineProxy(enginePath, () => undefined);
      await using program = await startFaultProgram(proxy, 'program', ['spawn', 'stopped']);
      assert.ok(await program.printed('called'));
      await killWithReaper(program, proxy.url);
      assert.match((await program.traces(1)).join(), /running/);
      if (next === 'gc') await collectGarbage(engine, { images: false });
      else {
        await using another = await openEngineProxy(enginePath, () => undefined);
        await using sweeping = await startFaultProgram(another, 'program', ['spawn', 'answer', 'then-wait']);
        assert.ok(await sweeping.printed('waiting'));
        assert.equal(await program.traces(CLEAN_AFTER_S), []);
      }
      assert.equal(await program.traces(CLEAN_AFTER_S), []);
    }
  },
  { timeoutInS: 120 },
);

test(
  'where nobody ever comes, a container is gone within the limits of its call, or at once where it waits',
  async () => {
    const problems = await someAtOnce(2, ['busy', 'waits'], String, async (name) => {
      await using proxy = await openEngineProxy(enginePath, () => undefined);
      await using program = await startFaultProgram(proxy, 'program', ['spawn', name], { cpuTimeInS: 1 });
      assert.ok(await program.printed('called'));
      await killWithReaper(program, proxy.url);
      assert.equal(await program.traces(name === 'busy' ? 1 + REAPED_AFTER_S : CLEAN_AFTER_S), []);
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 60 },
);
