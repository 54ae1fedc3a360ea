/** Hostile runners that take their time, and those that a generator comes up with: `npm run fuzz -- --containers` runs more of them. */
import * as assert from 'uvu/assert';
import type { Step } from '../fixtures/hostile-runner/program.js';
import { removeHostileImages } from '../fuzz/containers/image.js';
import { bytes, toLoaded } from '../fuzz/containers/programs.js';
import { runProgram } from '../fuzz/containers/run-program.js';
import { runSample } from '../fuzz/containers/sample.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';
import { patience } from '../support/patience.js';

const { test, after } = suite('hostile containers at random', { timeoutInS: 140 });
const SEED = 20_261_122;
const COUNT = 24;

after(async () => {
  await removeHostileImages();
  assert.equal(await leftovers(), []);
});

test('one that never says a word, and one that says it is loaded and no more, are given up', async () => {
  // The first two read nothing, not even their job. No limit counts before a runner is up; for the third, there is none.
  const cases: [readonly Step[], RegExp, Parameters<typeof runProgram>[2]][] = [
    [[], /not up after 60 s/, { baked: true }],
    // A flood takes a quarter of a core and more: the kernel's own limit, which the wall time sets, must not come first.
    [[{ do: 'flood', bytes: bytes(Buffer.alloc(5000, 0xff)) }], /not up after 60 s/, { baked: true, wallTimeInS: 60 }],
    [toLoaded, /did not take the arguments within 30 s/, { wallTimeInS: null }],
  ];
  await Promise.all(
    cases.map(async ([program, message, options]) => {
      const { outcomes, seconds } = await runProgram(program, 'spawn', options);
      assert.is(outcomes[0]?.exitStatus, 'PynisherError');
      assert.match(outcomes[0]?.error?.message ?? '', message);
      assert.ok(seconds < 100 * patience, `took ${seconds} s`);
    }),
  );
});

test(`${COUNT} runners of a generator: no wrong success, none that stays, and little memory`, async () => {
  const before = process.memoryUsage.rss();
  assert.equal(await runSample(SEED, COUNT), []);
  const more = process.memoryUsage.rss() - before;
  assert.ok(more < 300e6, `${more / 1e6} MB more`);
});
