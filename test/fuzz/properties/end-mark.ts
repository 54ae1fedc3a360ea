import { Duplex } from 'node:stream';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { lookForEnd } from '../../../src/engine/end-mark.js';
import { demultiplex } from '../../../src/engine/streams.js';
import { cutAt, cuts, someBytes } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';
import { readAll } from './demultiplexer.js';
import { engineFrame } from './stream-frames.js';

// With repetitions, so that a part of it can begin within another.
const mark = Buffer.from('ababacab');
const text = fc
  .array(
    fc.oneof(
      someBytes(9),
      fc.nat(mark.length).map((length) => mark.subarray(0, length)),
      fc.nat(mark.length).map((from) => mark.subarray(from)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts));

/** However cut: an end where the mark is the last that has come, and before it all bytes but those that can still be of a mark. */
export const endMark: Fuzzed = {
  name: 'end-mark',
  quickRuns: 2000,
  property: fc.property(text, fc.boolean(), cuts, (printed, isMarked, places) => {
    const bytes = isMarked ? Buffer.concat([printed, mark]) : printed;
    const end = lookForEnd(mark);
    let [come, passed] = [Buffer.alloc(0), Buffer.alloc(0)];
    for (const chunk of cutAt(bytes, places)) {
      come = Buffer.concat([come, chunk]);
      const taken = end.take(chunk);
      passed = Buffer.concat([passed, taken.bytes]);
      const isEnd = come.length >= mark.length && come.subarray(-mark.length).equals(mark);
      assert.is(taken.isEnd, isEnd);
      if (isEnd) return assert.ok(passed.equals(come.subarray(0, -mark.length)));
      assert.ok(end.rest().length < mark.length);
      assert.ok(Buffer.concat([passed, end.rest()]).equals(come));
    }
    assert.not.ok(isMarked);
  }),
};

const longMark = Buffer.from(`abab\0${'ab'.repeat(12)}\xff\xfe\xfd`, 'latin1');
const output = fc.record({ printed: text, places: cuts });

/** What a killed container had printed, whole, when both outputs have come to their marks, and nothing of those. */
export const endOfOutputs: Fuzzed = {
  name: 'end-of-outputs',
  quickRuns: 300,
  property: fc.asyncProperty(output, output, fc.array(fc.boolean()), cuts, async (stdout, stderr, turns, places) => {
    const connection = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    const streams = demultiplex(connection);
    const reading = Promise.all([readAll(streams.stdout), readAll(streams.stderr)]);
    const waiting = [stdout, stderr].map((one) => cutAt(Buffer.concat([one.printed, longMark]), one.places));
    const frames: Buffer[] = [];
    for (let turn = 0; waiting.some(({ length }) => length > 0); turn++) {
      const first = turns[turn] === true ? 1 : 0;
      const stream = (waiting[first]?.length ?? 0) > 0 ? first : 1 - first;
      frames.push(engineFrame({ stream: stream + 1, payload: waiting[stream]?.shift() as Buffer }));
    }
    streams.endAt(longMark);
    for (const chunk of cutAt(Buffer.concat(frames), places)) if (chunk.length > 0) connection.push(chunk);
    const [[out, err], problem] = await Promise.all([reading, streams.ended]);
    assert.is(problem, null);
    assert.ok(out.equals(stdout.printed), 'stdout as it was printed');
    assert.ok(err.equals(stderr.printed), 'stderr as it was printed');
  }),
};
