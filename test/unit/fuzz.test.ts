/** Every property of test/fuzz a few hundred times, and what fuzzing has found, as it was found. `npm run fuzz` takes its time. */

import * as assert from 'uvu/assert';
import { decodeError } from '../../src/call/returned-value.js';
import { parseNumber } from '../../src/engine/cgroup-counters.js';
import type { Engine } from '../../src/engine/connect.js';
import { nothingToldYet } from '../../src/engine/container-events.js';
import { concludeExit, seeExit } from '../../src/engine/container-exit.js';
import { engineInfo } from '../../src/engine/engine-info.js';
import { readSample } from '../../src/engine/engine-meter.js';
import { jsonLines } from '../../src/engine/json-lines.js';
import { watchMachineOoms } from '../../src/engine/machine-ooms.js';
import { makeStackMapper } from '../../src/payload/map-stack.js';
import type { Payload } from '../../src/payload/payload.js';
import { encode } from '../../src/wire/codec.js';
import { all } from '../fuzz/all.js';
import { assertHostIsUntouched } from '../fuzz/fuzzed.js';
import { supervise } from '../fuzz/supervise.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('fuzz', { timeoutInS: 60 });

const mapping: Pick<Payload, 'mapStack'> = { mapStack: makeStackMapper(new Map(), (path) => `/home/me/${path}`) };

for (const { name, property, quickRuns } of all) {
  test(`${name} holds`, async () => {
    await fc.assert(property, { numRuns: quickRuns });
    assertHostIsUntouched();
  });
}

test('a property that loops is ended from outside, and has failed', async () => {
  const module = new URL('../fixtures/fuzz/loops.ts', import.meta.url);
  assert.equal(await supervise(module, ['exit'], 30_000), { exitCode: 3, stuckAt: null });
  assert.equal(await supervise(module, ['loop'], 5_000), { exitCode: null, stuckAt: 'step 3' });
});

test('a number too long for the kernel is none, and not Infinity', () => {
  assert.throws(() => parseNumber(`${'9'.repeat(400)}\n`), /Expected a number/);
});

test("what an engine's description of itself has in place of texts is left out", () => {
  assert.equal(engineInfo({ SecurityOptions: [1, 'name=rootless', null] }, {}).securityOptions, ['name=rootless']);
  assert.equal(engineInfo({ Warnings: [null] }, { Components: [null] }).warnings, []);
  assert.is(engineInfo({ Architecture: 'constructor' }, {}).arch, 'constructor');
  assert.is(engineInfo(JSON.parse('{"NCPU": 1e999, "MemTotal": 0.5}'), {}).cores, 1);
});

test('64 stacks of nothing but positions are told in no time', async () => {
  const stack = (unit: string) => Array.from({ length: 16 }, () => unit.repeat(4000 / unit.length)).join('\n');
  for (const unit of [' /app/', ' /app/x:1']) {
    let error = new Error('innermost');
    for (let depth = 0; depth < 63; depth++) error = new Error('e', { cause: Object.assign(error, { stack: stack(unit) }) });
    const since = performance.now();
    decodeError(encode(error, { root: 'error', maxBytes: 2 ** 30 }).map(Buffer.from), mapping as Payload);
    assert.ok(performance.now() - since < 3000, `${unit}: ${performance.now() - since} ms`);
  }
});

test('a sample with less than nothing is none', () => {
  assert.is(readSample({ cpu_stats: { cpu_usage: { total_usage: -1 } }, memory_stats: { usage: 0 } }), null);
});

test('what Linux has no exit code for is none', () => {
  const inspected = { state: 'ended', exitCode: 256, oomKilled: false } as const;
  const events = { ooms: 0, oomKills: 0, oomsBefore: 0, oomKillsBefore: 0, exitCode: 0.5, signalled: false, killAsked: false };
  assert.is(concludeExit({ waited: null, inspected, events })?.kind, 'lost');
});

test('a line that is no object, or has no end, is refused', async () => {
  for (const text of ['null\n', '5', `{"a": "${'x'.repeat(2 ** 21)}`]) {
    const lines = jsonLines(
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
    const problem = await lines.next().then(
      () => null,
      (error: unknown) => error,
    );
    assert.instance(problem, SyntaxError);
  }
});

test("an engine's refusal to wait whose message is no text is the end of a container, not of this program", async () => {
  const refusal = { statusCode: 500, json: JSON.parse('{"message": {"toString": 1, "valueOf": 1}}') };
  const refused = { accepted: Promise.resolve(), answer: Promise.reject(refusal), keepAlive: () => {} };
  const gone = Object.assign(new Error('gone'), { statusCode: 404 });
  const docker = { getContainer: () => ({ inspect: () => Promise.reject(gone) }) };
  const exit = await seeExit(
    { docker } as unknown as Engine,
    'x',
    refused,
    nothingToldYet,
    new Promise(() => {}),
    () => true,
    watchMachineOoms(false, false, () => 0),
  );
  assert.equal(exit, { kind: 'lost', reason: 'HTTP 500' });
});
