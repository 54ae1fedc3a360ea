import * as assert from 'uvu/assert';
import { GuestFrame, HostMessage, type LimitKind } from '../../src/wire/protocol.js';
import { removeTemporary, runCall, startRunner } from '../fixtures/runner/start-runner.js';
import { suite } from '../harness.js';

const { test, after } = suite('runner: limit');
after(removeTemporary);

const kinds: [kind: LimitKind, signal: string, exception: string][] = [
  ['wallTime', 'SIGALRM', 'TimeoutException'],
  ['cpuTime', 'SIGXCPU', 'CpuTimeoutException'],
  ['abort', 'SIGTERM', 'SignalException'],
];

test(
  "aborts limitSignal with the exception and raises the limit's signal",
  async () => {
    for (const [kind, signal, exception] of kinds) {
      const { end, value } = await runCall(
        {
          code: `import { limitSignal } from 'nisher/guest';
          import * as nisher from 'nisher';
          export default async () => {
            const got = [];
            const alive = setInterval(() => {}, 1000);
            process.on('${signal}', (name) => got.push(name));
            console.log('listening');
            await new Promise((done) => limitSignal.addEventListener('abort', done));
            await new Promise((done) => setTimeout(done, 50));
            clearInterval(alive);
            const { reason } = limitSignal;
            return [got, reason.name, reason.message, reason instanceof nisher.${exception}];
          };`,
        },
        async (runner) => {
          while (runner.text() === '') await new Promise((done) => setTimeout(done, 10));
          runner.limit(kind, 'the limit of 1 s');
        },
      );
      assert.is(end.status, 'returned', String(value));
      assert.equal(value, [[signal], exception, 'the limit of 1 s', true]);
    }
  },
  { timeoutInS: 30 },
);

test(
  'without a listener the signal does not end the process',
  async () => {
    for (const [kind] of kinds) {
      const { end, value, signal } = await runCall(
        { code: 'export default () => new Promise((done) => setTimeout(done, 400, "went on"));' },
        async (runner) => {
          await new Promise((done) => setTimeout(done, 100));
          runner.limit(kind, 'limit');
        },
      );
      assert.is(end.status, 'returned');
      assert.is(value, 'went on');
      assert.is(signal, null);
    }
  },
  { timeoutInS: 30 },
);

test('rejecting with the reason brings the exception to the host', async () => {
  const { end, value } = await runCall(
    {
      code: `import { limitSignal } from 'nisher/guest';
        export default () => new Promise((_, reject) => {
          setInterval(() => {}, 1000);
          limitSignal.addEventListener('abort', () => reject(limitSignal.reason));
          console.log('listening');
        });`,
    },
    async (runner) => {
      while (runner.text() === '') await new Promise((done) => setTimeout(done, 10));
      runner.limit('wallTime', 'over');
    },
  );
  assert.is(end.status, 'threw');
  assert.is((value as Error).name, 'TimeoutException');
  assert.is((value as { code?: unknown }).code, 'ERR_WALL_TIME');
});

test('waiting for a limit keeps nothing alive and takes no thread of the pool', async () => {
  const idle = await runCall({ code: 'import "nisher/guest"; export default () => new Promise(() => {});' });
  assert.is(idle.end.status, 'neverSettles');
  const pool = await runCall({
    code: `import { pbkdf2 } from 'node:crypto';
      const work = () => new Promise((done) => pbkdf2('p', 's', 1, 8, 'sha1', done));
      export default async () => { await Promise.all([work(), work(), work(), work()]); return 'ran'; };`,
    env: { UV_THREADPOOL_SIZE: '1' },
  });
  assert.is(pool.value, 'ran');
});

test("the guest's nisher wraps, and refuses to be called", async () => {
  const { value } = await runCall({
    code: `import { enforceLimits, fromModule, getContext } from 'nisher';
      const limited = enforceLimits({ wallTimeInS: 1, context: getContext('spawn') })(function train() {});
      const other = enforceLimits()(fromModule(new URL('./x.js', import.meta.url), 'test'));
      const messages = [];
      export default async () => {
        for (const call of [limited, other, limited.run]) { try { call(1); } catch (error) { messages.push(error.code + ' ' + error.message); } }
        await limited.close();
        return [limited.exitStatus, limited.result, typeof limited, messages];
      };`,
  });
  const [status, result, type, messages] = value as [unknown, unknown, string, string[]];
  assert.is(status, null);
  assert.is(result, null);
  assert.is(type, 'function');
  assert.is(messages.length, 3);
  assert.match(
    messages[0] ?? '',
    /ERR_INTERNAL `train` was called inside a container, where nested limits do not exist yet.*Call the function directly/,
  );
  assert.match(messages[1] ?? '', /`test`/);
});

test('a notice that comes with the call itself reaches the function', async () => {
  const runner = await startRunner({
    // Busy while it is loaded, so that Go and Limit are read at once.
    code: `process.stdout.write('busy'); for (const since = Date.now(); Date.now() - since < 500; );
      export default () => new Promise((done) => { process.once('SIGTERM', done); setTimeout(done, 3000, 'not told'); });`,
    args: [],
  });
  await runner.frame(GuestFrame.Loading);
  // Before that the event loop may still turn, and a notice be one of the load.
  while (!runner.text().includes('busy')) await new Promise(setImmediate);
  runner.send(HostMessage.Go);
  runner.limit('abort', 'enough');
  await runner.frame(GuestFrame.Loaded);
  await runner.frame(GuestFrame.Ready);
  const { value } = await runner.end();
  assert.is(value, 'SIGTERM');
  runner.send(HostMessage.Release);
  await runner.exited;
});
