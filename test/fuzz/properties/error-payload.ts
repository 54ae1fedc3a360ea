import { inspect } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { classify } from '../../../src/call/classify.js';
import type { Evidence } from '../../../src/call/evidence.js';
import { explain } from '../../../src/call/explain.js';
import { readEnd } from '../../../src/call/read-end.js';
import { decodeError, factsOf } from '../../../src/call/returned-value.js';
import { checkLimits } from '../../../src/limits.js';
import { makeStackMapper } from '../../../src/payload/map-stack.js';
import type { Payload } from '../../../src/payload/payload.js';
import { DecodeError } from '../../../src/wire/codec.js';
import { jsonLike, mutate, mutations } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';
import { forge } from './codec.js';

const stackPiece = fc.constantFrom(
  'Error: x',
  '\n    at ',
  '/app/main.js',
  ':1',
  ':1:1',
  ' (',
  ')',
  'file://',
  '/app/',
  '\0',
  '/nisher/',
);
const text = fc.oneof(
  fc.array(stackPiece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.tuple(stackPiece, fc.nat(3000)).map(([piece, times]) => piece.repeat(times)),
  fc.constantFrom(
    'ENOENT',
    'EAGAIN',
    'ERR_MEMORY_ALLOCATION_FAILED',
    'Array buffer allocation failed',
    'TypeError',
    'AggregateError',
  ),
);
const index = fc.integer({ min: -6, max: 12 });
const record = fc.record(
  { name: index, message: index, stack: index, cause: index, errors: index, properties: index },
  { requiredKeys: [] },
);
const properties = fc.dictionary(
  fc.constantFrom('code', 'errno', 'toString', 'constructor', 'inspect', 'toJSON', 'name', 'stack', '__proto__', 'length'),
  index,
);
/** Beyond that many digits nobody wants it in decimal: see the property. */
const LONG_BIGINT = 10_000;
const bigint = fc.oneof(
  { weight: 5, arbitrary: fc.nat(300) },
  { weight: 1, arbitrary: fc.integer({ min: LONG_BIGINT, max: 4_000_000 }) },
);
const entry = fc.oneof(
  text,
  fc.tuple(fc.constantFrom('0x', '-0x'), bigint).map(([sign, digits]) => ['BigInt', `${sign}f${'0'.repeat(digits)}`]),
  fc.tuple(fc.constantFrom('Object', 'BigInt', 'Uint8Array'), index),
  fc.array(index, { maxLength: 6 }).map((items) => ['Set', ...items]),
  fc.array(fc.tuple(index, index), { maxLength: 4 }).map((pairs) => ['Map', ...pairs.flat()]),
  fc.nat(30_000).map((pairs) => ['URLSearchParams', 'a&'.repeat(pairs)]),
  record,
  properties,
  fc.constantFrom(-2, 2, 12, 11, 134, 0.5, 2 ** 32, true),
  fc.array(index, { maxLength: 8 }),
  index.map((at) => ['Error', at]),
);
const payload = {
  mapStack: makeStackMapper(
    new Map([['main.js', { path: '/home/me/main.ts', map: null, shifts: [], extraLines: 0 }]]),
    (path) => `/home/me/${path}`,
  ),
} as Pick<Payload, 'mapStack'> as Payload;
const limits = checkLimits({ memInMb: 64, wallTimeInS: 1 });
const used = { wallInS: 0.5, cpuInS: 0.1, peakInBytes: 2 ** 20, oomKills: 0, pidsRefused: 0, unseenInS: 0 };
const evidence: Evidence = {
  ...used,
  stop: null,
  fault: null,
  phase: 'call',
  end: { status: 'threw', phase: 'call', durationInS: 0.5, valueInBytes: 1, exits: false },
  thrown: null,
  exit: { kind: 'exited', exitCode: 0, oomKilled: false },
  exactMeter: true,
  v8OutOfMemory: false,
  limits,
};

/** Of a call whose function threw. */
export const threwEvidence = { limits, used, evidence };

/** Whatever was thrown: a failure with a message to be read, told in no time, that can be shown. */
export const errorPayload: Fuzzed = {
  name: 'error-payload',
  quickRuns: 1500,
  property: fc.property(fc.boolean(), fc.array(entry, { minLength: 1, maxLength: 13 }), (isError, entries) => {
    const json = JSON.stringify(isError ? [['Error', 1], ...entries] : entries);
    const since = performance.now();
    let thrown: unknown;
    try {
      thrown = decodeError([forge(json, [])], payload);
    } catch (error) {
      assert.instance(error, DecodeError);
      return;
    }
    const told = { ...evidence, thrown: factsOf(thrown) };
    const verdict = classify(told);
    const { exitStatus } = verdict;
    assert.ok(exitStatus !== 0);
    const error = explain(
      { ...verdict, exitStatus },
      {
        evidence: told,
        limits,
        used,
        thrown,
        functionName: 'f',
        missingHint: null,
      },
    );
    assert.ok(error.message.length < 2500, `${error.message.length} characters`);
    assert.ok(performance.now() - since < 1000, `${performance.now() - since} ms`);
    if (json.length < LONG_BIGINT) assert.type(inspect(error, { depth: 6 }), 'string');
  }),
};

const statuses = fc.constantFrom(
  'returned',
  'threw',
  'uncarriable',
  'tooLarge',
  'exiting',
  'neverSettles',
  'failed',
  'noSuchExport',
);
const endFields = [
  'status',
  'durationInS',
  'valueInBytes',
  'phase',
  'exits',
  'path',
  'problem',
  'exitCode',
  'exports',
  'foundType',
];

/** A last word of the shape it promises, within bounds, or a TypeError or SyntaxError. */
export const lastWord: Fuzzed = {
  name: 'last-word',
  quickRuns: 2000,
  property: fc.property(fc.option(statuses), jsonLike(endFields), fc.nat(400), mutations, (status, json, length, list) => {
    const given = typeof json === 'object' && json !== null ? { problem: 'x'.repeat(10 * length), ...json } : json;
    const frame = status === null ? given : { durationInS: 0, valueInBytes: 0, ...(given as object), status };
    try {
      const end = readEnd(mutate(Buffer.from(JSON.stringify(frame)), list.slice(0, length % 3)));
      assert.ok(JSON.stringify(end).length < 110_000);
      for (const field of ['durationInS', 'valueInBytes', 'exitCode']) {
        const value = (end as unknown as Record<string, unknown>)[field];
        assert.ok(value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0), field);
      }
    } catch (error) {
      assert.ok(error instanceof TypeError || error instanceof SyntaxError, String(error));
    }
  }),
};
