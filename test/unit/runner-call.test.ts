import * as assert from 'uvu/assert';
import { removeTemporary, runCall } from '../fixtures/runner/start-runner.js';
import { suite } from '../harness.js';

const { test, after } = suite('runner: call');
after(removeTemporary);

test('returns what the function returns', async () => {
  const { end, value, code, text } = await runCall({
    code: 'export default async (a, b) => { console.log("hello"); return a + b; };',
    args: [3, 4],
  });
  assert.is(end.status, 'returned');
  assert.is(value, 7);
  assert.is(code, 0);
  assert.is(text, 'hello\n');
});
