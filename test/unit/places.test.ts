import { setImmediate as turnsLater } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type Place, takePlace } from '../../src/call/places.js';
import { getContext } from '../../src/index.js';
import { suite } from '../harness.js';

const { test } = suite('places among calls');

/** Calls of a context, of which it is seen who has come in. */
function open(maxConcurrency: number) {
  const context = getContext('spawn', { maxConcurrency });
  const inside: string[] = [];
  const places = new Map<string, Place>();
  return {
    inside,
    come: (name: string, signal: AbortSignal | null = null) =>
      void takePlace(context, signal).then((place) => {
        inside.push(name);
        places.set(name, place);
      }),
    leave: (name: string) => {
      inside.splice(inside.indexOf(name), 1);
      places.get(name)?.leave();
    },
  };
}

test('calls come in by their order, no more than the bound at once', async () => {
  const { inside, come, leave } = open(2);
  for (const name of ['a', 'b', 'c', 'd']) come(name);
  await turnsLater();
  assert.equal(inside, ['a', 'b']);
  leave('b');
  await turnsLater();
  assert.equal(inside, ['a', 'c']);
  leave('a');
  leave('c');
  await turnsLater();
  assert.equal(inside, ['d']);
});

test('a call that is aborted while it waits ends by itself, and lets nobody else in', async () => {
  const { inside, come, leave } = open(1);
  const aborting = new AbortController();
  come('a');
  for (const name of ['b', 'c']) come(name, aborting.signal);
  come('d');
  come('e');
  await turnsLater();
  aborting.abort();
  come('f', aborting.signal);
  await turnsLater();
  assert.equal([...inside].sort(), ['a', 'b', 'c', 'f']);
  for (const name of ['b', 'c', 'f']) leave(name);
  await turnsLater();
  assert.equal(inside, ['a'], 'who was aborted had no place to give');
  leave('a');
  await turnsLater();
  assert.equal(inside, ['d']);
  leave('d');
  await turnsLater();
  assert.equal(inside, ['e']);
});

test('a place that is given to the next in line cannot be taken by one that comes at that moment', async () => {
  const { inside, come, leave } = open(1);
  come('a');
  come('b');
  await turnsLater();
  leave('a');
  come('c');
  await turnsLater();
  assert.equal(inside, ['b']);
});
