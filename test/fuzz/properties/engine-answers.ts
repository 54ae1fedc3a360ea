import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { concludeExit } from '../../../src/engine/container-exit.js';
import { engineInfo } from '../../../src/engine/engine-info.js';
import { readSample } from '../../../src/engine/engine-meter.js';
import { jsonLines } from '../../../src/engine/json-lines.js';
import { formatOwner, lifeOf, parseOwner, thisOwner } from '../../../src/engine/owner.js';
import { reasonToSweep } from '../../../src/engine/sweep.js';
import { cutAt, cuts, jsonLike, mutate, mutations } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';

type Answer = Record<string, unknown>;

/** What `JSON.parse` may make of an answer that has to be an object. */
const answer = (...keys: string[]) =>
  jsonLike(keys).filter((json): json is Answer => typeof json === 'object' && json !== null);

const infoKeys = [
  ...['Name', 'OperatingSystem', 'Architecture', 'CgroupVersion', 'CgroupDriver', 'NCPU', 'MemTotal', 'SecurityOptions'],
  ...['Runtimes', 'DefaultRuntime', 'SwapLimit', 'Driver', 'Rootless', 'Warnings', 'Components', 'Version', 'ApiVersion'],
];
const sized = (value: unknown) => fc.constant(value);

/** Every field has the type it promises, and a size that can be counted with. */
export const info: Fuzzed = {
  name: 'engine-info',
  quickRuns: 1500,
  property: fc.property(
    fc.oneof(
      answer(...infoKeys),
      fc.record(
        {
          Architecture: fc.constantFrom('x86_64', 'constructor', '__proto__', 'toString'),
          NCPU: fc.oneof(fc.double(), sized(Number.POSITIVE_INFINITY)),
          MemTotal: fc.double(),
          SecurityOptions: fc.array(jsonLike(['name'])),
          Warnings: fc.array(jsonLike([])),
          Runtimes: jsonLike(['runc']),
        },
        { requiredKeys: [] },
      ),
    ),
    fc.oneof(answer('Components', 'Version', 'ApiVersion', 'Name'), fc.record({ Components: fc.array(jsonLike(['Name'])) })),
    (given, version) => {
      const told = engineInfo(given as Answer, version as Answer);
      for (const key of [
        'name',
        'version',
        'apiVersion',
        'operatingSystem',
        'arch',
        'cgroupDriver',
        'defaultRuntime',
        'storageDriver',
      ] as const)
        assert.type(told[key], 'string', key);
      for (const key of ['securityOptions', 'runtimes', 'warnings'] as const)
        assert.ok(
          told[key].every((item: unknown) => typeof item === 'string'),
          key,
        );
      for (const key of ['swapLimit', 'rootless'] as const) assert.type(told[key], 'boolean', key);
      assert.ok(Number.isFinite(told.cores) && told.cores > 0, `cores ${told.cores}`);
      assert.ok(Number.isFinite(told.memInBytes) && told.memInBytes >= 0, `memInBytes ${told.memInBytes}`);
    },
  ),
};

/** Two counts, or nothing. */
export const statsSample: Fuzzed = {
  name: 'stats-sample',
  quickRuns: 1500,
  property: fc.property(
    fc.oneof(
      answer('cpu_stats', 'memory_stats', 'cpu_usage', 'total_usage', 'usage'),
      fc.record({
        cpu_stats: fc.record({ cpu_usage: fc.record({ total_usage: fc.oneof(fc.double(), jsonLike([])) }) }),
        memory_stats: fc.record({ usage: fc.oneof(fc.double(), jsonLike([])) }),
      }),
    ),
    (sample) => {
      for (const count of Object.values(readSample(sample as Answer) ?? {}))
        assert.ok(Number.isFinite(count) && count >= 0, `${count} is no count`);
    },
  ),
};

const exitCode = fc.oneof(fc.integer({ min: -2, max: 300 }), fc.double(), fc.constantFrom(137, 255, Number.NaN));

/** An exit code is 0 to 255; an end that nobody saw is none; where nothing told of an exit code 0, there is none. */
export const exits: Fuzzed = {
  name: 'container-exit',
  quickRuns: 2000,
  property: fc.property(
    fc.option(fc.record({ exitCode, error: fc.option(fc.string(), { nil: null }) }), { nil: null }),
    fc.oneof(
      fc.constantFrom(...(['running', 'gone', 'unknown'] as const)).map((state) => ({ state })),
      fc.record({ state: fc.constant('ended' as const), exitCode, oomKilled: fc.boolean() }),
      fc.constant({ state: 'no engine' as const, problem: 'x' }),
    ),
    fc.record({
      ooms: fc.nat(2),
      oomKills: fc.nat(2),
      oomsBefore: fc.nat(2),
      oomKillsBefore: fc.nat(2),
      exitCode: fc.option(exitCode, { nil: null }),
      signalled: fc.boolean(),
      killAsked: fc.boolean(),
    }),
    (waited, inspected, events) => {
      const exit = concludeExit({ waited, inspected, events });
      if (exit === null) return assert.is(inspected.state, 'running');
      if (exit.kind === 'lost') return assert.type(exit.reason, 'string');
      const { exitCode } = exit;
      assert.ok(Number.isInteger(exitCode) && exitCode >= 0 && exitCode <= 255, `exit code ${exitCode}`);
      const told = [events.exitCode, waited?.exitCode, inspected.state === 'ended' ? inspected.exitCode : null];
      assert.ok(told.includes(exitCode), `nobody told of ${exitCode}`);
    },
  ),
};

const line = fc.oneof(
  jsonLike(['Action', 'Actor', 'ID', 'time', 'error', 'stream']).map((json) => JSON.stringify(json)),
  fc.constantFrom('', ' ', '{', 'null', '\u{1F600}', '"\u2028"', '{}\r'),
);

async function linesOf(chunks: readonly Buffer[]): Promise<{ lines: unknown[]; refused: boolean }> {
  const lines: unknown[] = [];
  try {
    async function* stream() {
      yield* chunks;
    }
    for await (const object of jsonLines(stream())) lines.push(object);
  } catch (error) {
    assert.instance(error, SyntaxError);
    return { lines, refused: true };
  }
  return { lines, refused: false };
}

/** However cut: the same objects, nothing but objects, and a SyntaxError at the first line that is none. */
export const lines: Fuzzed = {
  name: 'json-lines',
  quickRuns: 500,
  property: fc.asyncProperty(fc.array(line, { maxLength: 8 }), mutations, cuts, async (texts, list, places) => {
    const bytes = mutate(Buffer.from(texts.join('\n')), list);
    const whole = await linesOf([bytes]);
    // Not assert.equal, which takes an object's own `constructor` for its class.
    assert.ok(isDeepStrictEqual(await linesOf(cutAt(bytes, places)), whole));
    for (const object of whole.lines) assert.ok(typeof object === 'object' && object !== null, JSON.stringify(object));
  }),
};

const here = thisOwner();
const label = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc
    .array(fc.constantFrom(...formatOwner(here).split(':'), '', '0', '1', '99999999999999999999', 'x'), { maxLength: 6 })
    .map((parts) => parts.join(':')),
  mutations.map((list) => mutate(Buffer.from(formatOwner(here)), list).toString('latin1')),
);

/** A label that this program did not write is never this program's; and nobody's container goes without a reason that holds. */
export const owners: Fuzzed = {
  name: 'owner-labels',
  quickRuns: 1500,
  property: fc.property(label, fc.oneof(fc.string({ maxLength: 15 }), fc.double().map(String)), (text, deadline) => {
    const owner = parseOwner(text);
    const now = 1_000_000_000_000;
    const life = owner === null ? 'unknown' : lifeOf(owner, here, (pid) => (pid === here.pid ? here.startTime : null));
    if (owner !== null) assert.ok(Number.isInteger(owner.pid) && owner.pid > 0);
    if (text === formatOwner(here)) assert.is(life, 'alive');
    else if (life === 'alive') assert.is(formatOwner(owner as typeof here), formatOwner(here));
    const reason = reasonToSweep('running', life, deadline, now);
    if (life === 'alive') assert.is(reason, null);
    else if (life === 'unknown' && reason !== null) assert.ok(Number(deadline) < now);
  }),
};
