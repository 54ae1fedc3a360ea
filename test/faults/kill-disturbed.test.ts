import * as assert from 'uvu/assert';
import type { ExceptionName, LimitOptions } from '../../src/index.js';
import { suite } from '../harness.js';
import { callAt, type Way } from '../support/call-at.js';
import type { Fate, ProxiedRequest } from '../support/engine-proxy.js';
import { localEngine } from '../support/local-engine.js';
import { patience } from '../support/patience.js';
import { someAtOnce } from '../support/some-at-once.js';
import { containerIn, isStep } from '../support/steps.js';
import { CLEAN_AFTER_S, tracesAfter } from '../support/traces.js';

/**
 * A limit is met where the container can be killed by way of the engine alone, as from another machine, and the engine does not do it, or
 * does not say so.
 */
const { test, before } = suite('kill disturbed');

let enginePath: string;
before(async () => {
  ({ enginePath } = await localEngine());
});

const AT_ONCE = 4;
/** Beyond the limit. */
const TOLD_WITHIN_S = 30 * patience;

const limits: readonly { way: Way; limits: LimitOptions; metAfterInS: number; exitStatus: ExceptionName }[] = (
  ['spawn', 'forkserver'] as const
).flatMap((method) => [
  { way: { method, moment: 'waits' }, limits: { wallTimeInS: 2 }, metAfterInS: 2, exitStatus: 'TimeoutException' },
  {
    way: { method, moment: 'busy' },
    limits: { cpuTimeInS: 1, wallTimeInS: 60 },
    // The engine's statistics come once a second.
    metAfterInS: 3 * patience,
    exitStatus: 'CpuTimeoutException',
  },
]);
const fates: Readonly<Record<string, { kill: Fate; remove?: Fate }>> = {
  late: { kill: { kind: 'late', ms: 1500 } },
  refused: { kill: { kind: 'refused', status: 500 } },
  'done, and an error': { kill: { kind: 'belied', status: 500 } },
  lost: { kill: { kind: 'lost' } },
  'never answered': { kill: { kind: 'swallowed' } },
  'refused, as is the first removal': { kill: { kind: 'refused', status: 500 }, remove: { kind: 'refused', status: 500 } },
  'lost, as is the first removal': { kill: { kind: 'lost' }, remove: { kind: 'lost' } },
};

/** What becomes of requests: the process of no container is told, each kill has its fate, the removal once. */
function deciding({ kill, remove }: { kill: Fate; remove?: Fate }) {
  const inspected = new Set<string>();
  let kills = 0;
  let removal = remove;
  const decide = (request: ProxiedRequest): Fate => {
    const id = containerIn(request);
    if (isStep('inspect', request) && !inspected.has(id)) {
      inspected.add(id);
      return { kind: 'refused', status: 500 };
    }
    if (request.method === 'POST' && /\/kill\b/.test(request.path)) {
      kills++;
      return kill;
    }
    if (kills === 0 || !isStep('remove', request)) return undefined;
    const fate = removal;
    removal = undefined;
    return fate;
  };
  return { decide, assertMet: () => assert.ok(kills > 0 && removal === undefined, `${kills} kills were asked for`) };
}

test(
  'late, refused, lost or never answered: the limit is told all the same, and nothing is left',
  async () => {
    const rows = limits.flatMap((limit) => Object.entries(fates).map(([how, fate]) => ({ ...limit, how, fate })));
    const nameOf = ({ way, exitStatus, how }: (typeof rows)[number]) => `${exitStatus} ${way.method}: ${how}`;
    const problems = await someAtOnce(AT_ONCE, rows, nameOf, async ({ way, fate, metAfterInS, ...expected }) => {
      const { decide, assertMet } = deciding(fate);
      await using call = await callAt(enginePath, { ...way, limits: expected.limits, decide });
      const { outcome, inS } = await call.told();
      assert.equal([outcome.exitStatus, outcome.meter], [expected.exitStatus, 'engine'], outcome.error?.message);
      assert.ok(inS < metAfterInS + TOLD_WITHIN_S, `told after ${inS} s`);
      await call.close();
      assertMet();
      assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, containers: call.proxy.containers }), []);
    });
    assert.equal(problems, []);
    assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: null, pid: process.pid }), []);
  },
  { timeoutInS: 300 },
);
