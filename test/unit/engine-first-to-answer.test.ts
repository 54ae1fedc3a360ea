import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { firstToAnswer } from '../../src/engine/first-to-answer.js';
import { suite } from '../harness.js';

const { test } = suite('the first of several engines to answer');

const asked: string[] = [];
const one =
  (name: string, afterMs: number, ok = true) =>
  async (): Promise<string> => {
    asked.push(name);
    await sleep(afterMs);
    if (!ok) throw new Error(name);
    return name;
  };
const never = (name: string) => () => {
  asked.push(name);
  return new Promise<string>(() => {});
};

const table: readonly [what: string, asks: (() => Promise<string>)[], answer: string, asked: string[]][] = [
  ['the first, and nobody else is asked', [one('a', 0), one('b', 0)], 'a', ['a']],
  ['the second at once when the first has failed', [one('a', 0, false), one('b', 0), one('c', 0)], 'b', ['a', 'b']],
  ['the second when the first does not answer', [never('a'), one('b', 0)], 'b', ['a', 'b']],
  ['the first, though it is slow, before a second that does not answer', [one('a', 150), never('b')], 'a', ['a', 'b']],
  [
    'one that is slow when all others have failed',
    [one('a', 400), one('b', 0, false), one('c', 0, false)],
    'a',
    ['a', 'b', 'c'],
  ],
];

for (const [what, asks, answer, names] of table) {
  test(what, async () => {
    asked.length = 0;
    assert.is(await firstToAnswer(asks, 100), answer);
    assert.equal(asked, names);
  });
}

test('nobody: the errors in their order', async () => {
  const errorsOf = async (...asks: (() => Promise<string>)[]) => {
    try {
      return await firstToAnswer(asks, 100);
    } catch (error) {
      return (error as AggregateError).errors.map((each: Error) => each.message);
    }
  };
  assert.equal(await errorsOf(one('a', 200, false), one('b', 0, false)), ['a', 'b']);
  assert.equal(await errorsOf(), []);
});
