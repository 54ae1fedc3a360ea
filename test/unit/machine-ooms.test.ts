import * as assert from 'uvu/assert';
import { openOomAccount } from '../../src/engine/machine-ooms.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('OOM kills of the machine');

/** A machine with a count and a clock that the test sets. */
function machine(counts = true) {
  const state = { kills: 7, now: 0 };
  const watch = openOomAccount(
    () => (counts ? state.kills : null),
    () => state.now,
  );
  /** A container that knows of some of its kills itself. */
  const container = (isLimited = true, isOurs = true) => {
    const known = { kills: 0 };
    return Object.assign(
      watch(isOurs, isLimited, () => known.kills),
      { known },
    );
  };
  return { state, container };
}

test('what was before a container is none of its concern', () => {
  const { state, container } = machine();
  state.kills++;
  const late = container();
  assert.is(late.any(), false);
  assert.is(late.claim(), false);
});

test('a kill that nobody told of is claimed once, also when its container has gone', () => {
  const { state, container } = machine();
  const [first, second, third] = [container(), container(), container()];
  state.kills++;
  assert.equal([first.any(), second.any()], [true, true]);
  assert.is(first.areOthers(), false);
  assert.is(first.claim(), true);
  assert.is(second.areOthers(), true);
  assert.is(second.claim(), false);
  first.end();
  first.end();
  assert.is(second.claim(), false);
  assert.is(third.claim(), false);
  state.kills++;
  assert.is(second.claim(), true);
  assert.is(third.claim(), false);
});

test('one that its container knows of is not claimed by another, and one that was claimed and is told of late counts once', () => {
  const { state, container } = machine();
  const [told, other] = [container(), container()];
  state.kills++;
  told.known.kills = 1;
  assert.is(other.claim(), false);
  state.kills++;
  assert.is(told.claim(), true);
  told.known.kills = 2;
  state.kills++;
  assert.is(other.claim(), true);
});

test('a container without a limit claims nothing, and one on another machine cannot tell', () => {
  const { state, container } = machine();
  const [unlimited, elsewhere] = [container(false), container(true, false)];
  state.kills++;
  assert.equal([unlimited.any(), unlimited.claim()], [true, false]);
  assert.equal([elsewhere.any(), elsewhere.claim()], [null, false]);
  const uncounted = machine(false).container();
  assert.equal([uncounted.any(), uncounted.claim()], [null, false]);
});

test('a call that begins has nothing to do with the kills before it', () => {
  const { state, container } = machine();
  const reused = container();
  state.kills++;
  state.now += 11;
  reused.begin();
  assert.equal([reused.any(), reused.claim()], [false, false]);
  state.kills++;
  assert.equal([reused.any(), reused.claim()], [true, true]);
});

test('no sequence of events makes containers claim more kills than the machine has counted', () => {
  const step = fc.record({ do: fc.constantFrom('kill', 'report', 'claim', 'begin', 'end', 'watch'), at: fc.nat(2) });
  const run = (steps: readonly { do: string; at: number }[]) => {
    const { state, container } = machine();
    const all = Array.from({ length: 3 }, () => container());
    let kills = 0;
    let claims = 0;
    for (const { do: what, at } of steps) {
      const one = all[at] ?? container();
      if (what === 'kill') {
        state.kills++;
        kills++;
      }
      // A report does not count here: it may come late, for a kill that its container, or another one, has claimed.
      if (what === 'report' && one.known.kills < kills) one.known.kills++;
      if (what === 'claim' && one.claim()) claims++;
      if (what === 'begin') one.begin();
      if (what === 'end') one.end();
      if (what === 'watch') all[at] = container();
      state.now += 11;
      assert.ok(claims <= kills, `${claims} claims, ${kills} kills`);
    }
  };
  // Both were found by chance, when this test counted reports as claims.
  const late = { do: 'report', at: 2 };
  run([{ do: 'kill', at: 0 }, { do: 'end', at: 2 }, late, { do: 'claim', at: 0 }]);
  run([{ do: 'kill', at: 0 }, { do: 'claim', at: 2 }, { do: 'kill', at: 0 }, late, { do: 'claim', at: 0 }]);
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), run));
});
