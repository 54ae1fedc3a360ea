import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import * as guest from '../../runner-image/guest/index.js';
import { limitSignal } from '../../runner-image/guest/limit-signal.js';
import { guestPrograms } from '../../runner-image/guest-files.js';
import * as host from '../../src/index.js';
import { suite } from '../harness.js';

const { test } = suite('guest');

test('has what the public interface has', () => {
  assert.equal(Object.keys(guest).sort(), Object.keys(host).sort());
});

test('limitSignal outside a container is a signal that nobody aborts', () => {
  assert.instance(limitSignal, AbortSignal);
  assert.not.ok(limitSignal.aborted);
});

test('limitSignal costs a function nothing to carry', () => {
  const program = guestPrograms.find(({ target }) => target.endsWith('limit-signal.mjs'));
  assert.not.match(readFileSync(program?.entryPoint ?? '', 'utf8'), /^import /m);
});
