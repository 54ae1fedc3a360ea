import * as assert from 'uvu/assert';
import { EarlyOutput } from '../../src/call/early-output.js';
import { Output } from '../../src/call/output.js';
import { suite } from '../harness.js';

const { test } = suite('early output');

const KILO = 1000;
/** A call's output that takes so much of each stream. */
const outputOf = (maxBytes: number) => new Output({ maxBytes, capture: true, live: process });
const seen = (output: Output) =>
  (['stdout', 'stderr'] as const).map((stream) => {
    const { bytes, droppedBytes } = output.captured(stream);
    return [bytes.toString(), droppedBytes];
  });

test('each stream has its own cap, and what is beyond it is counted, as of what a call prints', () => {
  const printed = [
    ['stdout', 700],
    ['stderr', 500],
    ['stdout', 100],
    ['stderr', 600],
    ['stderr', 20],
  ] as const;
  const early = new EarlyOutput(KILO);
  const late = outputOf(KILO);
  for (const [stream, length] of printed) {
    early.add(stream, Buffer.alloc(length, 'x'));
    late.write(stream, Buffer.alloc(length, 'x'));
  }
  const handed = outputOf(KILO);
  early.handTo(handed);
  assert.equal(seen(handed), [
    ['x'.repeat(800), 0],
    ['x'.repeat(1000), 120],
  ]);
  assert.equal(seen(handed), seen(late));
});

test('it is handed over once', () => {
  const early = new EarlyOutput(10);
  early.add('stdout', Buffer.from('more than fits'));
  early.handTo(outputOf(10));
  const next = outputOf(10);
  early.handTo(next);
  assert.equal(seen(next), [
    ['', 0],
    ['', 0],
  ]);
});
