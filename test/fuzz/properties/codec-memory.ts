import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { DecodeError, decode } from '../../../src/wire/codec.js';
import type { Fuzzed } from '../fuzzed.js';
import { forge } from './codec.js';

/** One entry of the flat list that devalue's format is; `at` is where it stands, `shared` and `binary` where what all of them can name does. */
type Entry = (at: number, shared: number, binary: number) => unknown;

/** Of every type that there is: what names something else, or has some text of its own. */
const namers: { readonly [name: string]: Entry } = {
  BigInt: (_, shared) => ['BigInt', shared],
  boxed: (_, shared) => ['Object', shared],
  array: (_, shared) => Array(20).fill(shared),
  sparse: (_, shared) => [-7, 2 ** 32 - 1, 5, shared],
  object: (at, shared) => ({ [`k${at}`]: shared }),
  'no prototype': (_, shared) => ['null', 'k', shared],
  Set: (_, shared) => ['Set', shared],
  Map: (_, shared) => ['Map', shared, shared],
  Date: () => ['Date', ''],
  RegExp: (at) => ['RegExp', `a${at}`, 'iu'],
  URL: (at) => ['URL', `http://a${at}/`],
  URLSearchParams: (at) => ['URLSearchParams', `a${at}`],
  Uint8Array: (_, __, binary) => ['Uint8Array', binary],
  Float64Array: (_, __, binary) => ['Float64Array', binary, 0, 1],
  DataView: (_, __, binary) => ['DataView', binary],
  Buffer: (_, __, binary) => ['Buffer', binary],
  ArrayBuffer: (_, __, binary) => ['ArrayBuffer', binary + 1],
  'no ArrayBuffer': (_, shared) => ['ArrayBuffer', shared],
  Error: (at) => ['Error', at + 1],
  record: (_, shared) => ({ name: shared, message: shared, stack: shared, cause: shared, errors: shared, properties: shared }),
  properties: (_, shared) => ({ properties: shared }),
  nothing: () => -1,
};

/** What is there once, and named by all. */
const shared: { readonly [name: string]: (size: number) => unknown } = {
  digits: (size) => `0x${'f'.repeat(size)}`,
  'BigInt of digits': (size) => ['BigInt', `-0x${'f'.repeat(size)}`],
  keys: (size) => Object.fromEntries(Array.from({ length: size / 10 }, (_, n) => [`k${n}`, -1])),
  elements: (size) => Array(Math.floor(size / 3)).fill(-1),
  entries: (size) => ['Set', ...Array(Math.floor(size / 3)).fill(-1)],
  'boxed text': () => ['Object', 1],
};

/** Texts that are made of one piece over and over. */
const repeated: { readonly [name: string]: (text: string, size: number) => unknown } = {
  'RegExp, u': (piece, size) => ['RegExp', piece.repeat(size / piece.length), 'u'],
  'RegExp, iu': (piece, size) => ['RegExp', piece.repeat(size / piece.length), 'iu'],
  'RegExp, v': (piece, size) => ['RegExp', piece.repeat(size / piece.length), 'v'],
  'RegExp, iv': (piece, size) => ['RegExp', piece.repeat(size / piece.length), 'iv'],
  URLSearchParams: (piece, size) => ['URLSearchParams', piece.repeat(size / piece.length)],
  URL: (piece, size) => ['URL', `http://${piece.repeat(size / piece.length)}/`],
  'URL, opaque': (piece, size) => ['URL', `a:${piece.repeat(size / piece.length)}`],
  Date: (piece, size) => ['Date', piece.repeat(size / piece.length)],
  BigInt: (piece, size) => ['BigInt', `0x${piece.repeat(size / piece.length)}`],
};
const pieces = [
  ...['\\p{L}', '\\P{Lu}', '\\p{RGI_Emoji}', '[\\p{RGI_Emoji}&&\\p{RGI_Emoji}]', '\\W', '[^a]', '.', '(?=a)', '(?:a)*', 'a|'],
  ...['a&', '&', '%41=&', 'a/../', '\u4e00', '\u4e00.', '%E4%B8%80', 'xn--a.', 'f', '0', '9', '(', '1 ', ' ', '\u{1F600}'],
];

const size = fc.oneof(fc.integer({ min: 1000, max: 30_000 }), fc.integer({ min: 30_000, max: 1_000_000 }));
const forged: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .record({
      kinds: fc.array(fc.constantFrom(...Object.values(namers)), { minLength: 1, maxLength: 3 }),
      common: fc.constantFrom(...Object.values(shared)),
      size,
      /** How much of it all is what is shared. */
      share: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    })
    .map(({ kinds, common, size: length, share }) => {
      // A dozen bytes each, with the index that the list at the beginning has of it.
      const count = Math.max(1, Math.floor((length * (1 - share)) / 25));
      const entries = Array.from({ length: count }, (_, n) => kinds[n % kinds.length]?.(n + 1, count + 1, count + 2));
      const indices = entries.map((_, n) => n + 1);
      const json = [indices, ...entries, common(length * share), ['ArrayBuffer', count + 3], 1];
      return forge(JSON.stringify(json), [new Uint8Array(length * share)]);
    }),
  fc
    .tuple(fc.constantFrom(...Object.values(repeated)), fc.constantFrom(...pieces), size, fc.integer({ min: 1, max: 4 }))
    .map(([make, piece, length, count]) => {
      const entries = Array.from({ length: count }, () => make(piece, length / count));
      return forge(JSON.stringify([entries.map((_, n) => n + 1), ...entries]));
    }),
);

const STATUS = '/proc/self/status';
/** Only Linux tells, and forgets when asked to. proc(5), clear_refs */
const CLEAR = '/proc/self/clear_refs';
const FORGET_PEAK = '5';
const canMeasure = existsSync(CLEAR);

const read = (field: string) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(STATUS, 'latin1'))?.[1]) * 1024;

/** What V8 leaves lying about before it collects, and what a pattern may take. */
const SPARE_IN_BYTES = 160 * 2 ** 20;
/** `{},` is 3 bytes on the wire and 130 in memory, `["URL","a:"],` 13 and 400; some of it twice, as it grows. */
const TIMES_ITS_LENGTH = 150;
/** On a busy machine. */
const LONGEST_IN_MS = 10_000;

/** Up to a megabyte, of shapes that take much for little: memory within a multiple of its length, that of the decoder's own work too, and no time. */
export const codecMemory: Fuzzed = {
  name: 'codec-memory',
  quickRuns: 150,
  property: fc.property(fc.noShrink(forged), (bytes) => {
    if (canMeasure) writeFileSync(CLEAR, FORGET_PEAK);
    const before = canMeasure ? read('VmRSS') : 0;
    const since = performance.now();
    try {
      decode([bytes]);
    } catch (error) {
      assert.instance(error, DecodeError);
    }
    const took = performance.now() - since;
    assert.ok(took < LONGEST_IN_MS, `${bytes.length} bytes took ${took} ms: ${bytes.toString('latin1', 4, 200)}`);
    const grown = canMeasure ? read('VmHWM') - before : 0;
    assert.ok(
      grown < SPARE_IN_BYTES + TIMES_ITS_LENGTH * bytes.length,
      `${bytes.length} bytes took ${grown} bytes of memory: ${bytes.toString('latin1', 4, 200)}`,
    );
  }),
};
