import * as assert from 'uvu/assert';
import { removeTemporary, runCall, runLoad } from '../fixtures/runner/start-runner.js';
import { suite } from '../harness.js';

const { test, after } = suite('runner: exit');
after(removeTemporary);

test(
  'process.exit is told of, wherever it is called, and keeps its code',
  async () => {
    for (const source of [
      'process.exit(7)',
      'try { throw new Error() } catch {} finally { process.exit(7); }',
      'process.exitCode = 7; process.exit()',
      'await new Promise((done) => setTimeout(done, 10)); process.exit(7)',
      'process.on("exit", () => process.exit(7)); process.exit(3)',
      'process.reallyExit(7)',
      '(await import("node:process")).exit(7)',
    ]) {
      const { end, code } = await runCall({ code: `export default async () => { ${source}; };` });
      assert.ok(end.status === 'exiting' && end.phase === 'call' && end.exitCode === 7, `${source}: ${JSON.stringify(end)}`);
      assert.is(code, 7);
    }
  },
  { timeoutInS: 30 },
);

test(
  'an exit code is what the kernel makes of it',
  async () => {
    const cases: [given: string, code: number][] = [
      ['-1', 255],
      ['"3"', 3],
      ['256', 0],
      ['2 ** 40 + 5', 5],
    ];
    for (const [given, expected] of cases) {
      const { end, code } = await runCall({ code: `export default () => process.exit(${given});` });
      assert.ok(end.status === 'exiting' && end.exitCode === expected, `${given}: ${JSON.stringify(end)}`);
      assert.is(code, expected);
    }
    const { end, code } = await runCall({ code: 'export default () => process.reallyExit(Symbol("odd"));' });
    assert.ok(end.status === 'exiting' && end.exitCode === 0, JSON.stringify(end));
    assert.is(code, 0);
  },
  { timeoutInS: 30 },
);

test("what settles in an 'exit' listener settles too late, and the process ends as it was about to", async () => {
  const { end, code } = await runCall({
    code: 'export default () => new Promise((done) => process.once("exit", () => done("late")));',
  });
  assert.is(end.status, 'neverSettles');
  assert.is(code, 0);
});

test('process.exit while the value is read is an exit, not a value', async () => {
  const { end, code } = await runCall({ code: 'export default () => ({ get x() { process.exit(4); } });' });
  assert.ok(end.status === 'exiting' && end.exitCode === 4);
  assert.is(code, 4);
});

test('process.exit at load', async () => {
  const { end, code } = await runLoad({ code: 'process.exit(0);' });
  assert.ok(end.status === 'exiting' && end.phase === 'load' && end.exitCode === 0);
  assert.is(code, 0);
});

test(
  'an error that nobody catches is told of, printed and fatal as ever',
  async () => {
    for (const source of [
      'setTimeout(() => { throw new RangeError("late"); }, 10)',
      'Promise.reject(new RangeError("late"))',
      'setImmediate(() => new EventEmitter().emit("error", new RangeError("late")))',
      'process.nextTick(() => { throw new RangeError("late"); })',
    ]) {
      const { end, value, stderr, code } = await runCall({
        code: `import { EventEmitter } from 'node:events';
          export default async () => { ${source}; await new Promise((done) => setTimeout(done, 5000)); };`,
      });
      assert.ok(end.status === 'threw' && end.phase === 'call', JSON.stringify(end));
      assert.instance(value, RangeError);
      assert.match(stderr, /RangeError: late/);
      assert.is(code, 1);
    }
  },
  { timeoutInS: 30 },
);

test('an error that the function handles itself is no end', async () => {
  const { end, value, code } = await runCall({
    code: `export default () => new Promise((done) => {
      process.on('uncaughtException', (error) => setTimeout(() => done(error.message), 10));
      setTimeout(() => { throw new Error('handled'); }, 1);
    });`,
  });
  assert.is(end.status, 'returned');
  assert.is(value, 'handled');
  assert.is(code, 0);
  const later = await runCall({
    code: `export default () => new Promise(() => {
      process.on('uncaughtException', () => setTimeout(() => process.exit(9), 10));
      setTimeout(() => { throw new Error('handled'); }, 1);
    });`,
  });
  assert.ok(later.end.status === 'exiting' && later.end.exitCode === 9);
});

test('nothing left to run while the promise is pending', async () => {
  const call = await runCall({ code: 'export default () => new Promise(() => {});' });
  assert.ok(call.end.status === 'neverSettles' && call.end.phase === 'call');
  const load = await runLoad({ code: 'await new Promise(() => {}); export default () => 1;' });
  assert.ok(load.end.status === 'neverSettles' && load.end.phase === 'load');
  const afterHandled = await runCall({
    code: `export default () => new Promise(() => {
      process.once('uncaughtException', () => {});
      setTimeout(() => { throw new Error('handled'); }, 1);
    });`,
  });
  assert.is(afterHandled.end.status, 'neverSettles');
});

test('work begun in beforeExit is waited for', async () => {
  const { value } = await runCall({
    code: 'export default () => new Promise((done) => process.once("beforeExit", () => setTimeout(done, 10, "late")));',
  });
  assert.is(value, 'late');
});

test("exit listeners of the function print before the end and cannot alter a call's end", async () => {
  const { end, text, code } = await runCall({
    code: `process.on('exit', () => console.log('listener'));
      export default () => { process.on('exit', () => console.log('second')); process.exit(3); };`,
  });
  assert.ok(end.status === 'exiting');
  assert.is(text, 'listener\nsecond\n');
  assert.is(code, 3);
  const uncaught = await runCall({
    code: `export default () => new Promise(() => {
      process.on('exit', () => console.log('listener'));
      setTimeout(() => { throw new Error('x'); });
    });`,
  });
  assert.is(uncaught.end.status, 'threw');
  assert.is(uncaught.text, 'listener\n');
  const returned = await runCall({
    code: `process.on('exit', () => { process.exitCode = 5; for (;;); });
      export default () => 'value';`,
  });
  assert.is(returned.value, 'value');
  assert.is(returned.code, 0);
});

test(
  'nothing the function printed is lost or follows its end',
  async () => {
    const size = 3_000_000;
    for (const finish of ['return 1', 'throw new Error("x")', 'process.exit(0)']) {
      const { text, stderr } = await runCall({
        code: `export default () => {
        process.stdout.write('o'.repeat(${size}));
        console.error('e'.repeat(${size}));
        console.log('end');
        ${finish};
      };`,
      });
      assert.is(text.length, size + 4);
      assert.ok(text.endsWith('oend\n'));
      assert.ok(stderr.length >= size);
    }
  },
  { timeoutInS: 30 },
);
