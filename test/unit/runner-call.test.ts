import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { GuestFrame, HostMessage } from '../../src/wire/protocol.js';
import { removeTemporary, runCall, runLoad, startRunner } from '../fixtures/runner/start-runner.js';
import { suite } from '../harness.js';

const { test, after } = suite('runner: call');
after(removeTemporary);

test('returns what the function returns', async () => {
  const { end, value, code, text } = await runCall({
    code: 'export default async (a, b) => { console.log("hello"); return { sum: a.n + b, args: [a, b] }; };',
    args: [{ n: 3 }, 4],
  });
  assert.is(end.status, 'returned');
  assert.equal(value, { sum: 7, args: [{ n: 3 }, 4] });
  assert.is(code, 0);
  assert.is(text, 'hello\n');
});

test('calls without a this, and with arguments of the realm the function lives in', async () => {
  const { value } = await runCall({
    code: `export default function (...args) {
      const [list, bytes, map, date, error] = args;
      return [this, args instanceof Array, list instanceof Array, Object.getPrototypeOf(list[0]) === Object.prototype,
        Buffer.isBuffer(bytes), map instanceof Map, date instanceof Date, error instanceof RangeError];
    }`,
    args: [[{}], Buffer.from('x'), new Map(), new Date(), new RangeError('r')],
  });
  assert.equal(value, [undefined, true, true, true, true, true, true, true]);
});

test('measures the time from the call to the settlement', async () => {
  const { end } = await runCall({ code: 'export default () => new Promise((done) => setTimeout(done, 300));' });
  assert.ok('durationInS' in end && end.durationInS > 0.29 && end.durationInS < 5, JSON.stringify(end));
});

test(
  'finds named exports and those of CommonJS',
  async () => {
    const cases: [code: { [path: string]: string }, entry: string, exportName: string][] = [
      [{ 'a.mjs': 'export const train = () => "it"; export default 1;' }, 'a.mjs', 'train'],
      [{ 'b.cjs': 'module.exports = () => "it";' }, 'b.cjs', 'default'],
      [{ 'c.cjs': 'exports.train = () => "it";' }, 'c.cjs', 'train'],
      // Node's scan of the source does not see this one.
      [{ 'd.cjs': 'const name = "train"; module.exports[name] = () => "it";' }, 'd.cjs', 'train'],
      [
        { 'e.cjs': 'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = () => "it";' },
        'e.cjs',
        'default',
      ],
      [
        { 'sub dir/f#.mjs': 'export { default } from "./g.mjs";', 'sub dir/g.mjs': 'export default () => "it";' },
        'sub dir/f#.mjs',
        'default',
      ],
    ];
    for (const [code, entry, exportName] of cases) {
      const { end, value } = await runCall({ code, entry, exportName });
      assert.is(value, 'it', `${entry}: ${JSON.stringify(end)}`);
    }
  },
  { timeoutInS: 30 },
);

test(
  'lists the exports when the one asked for is missing',
  async () => {
    const module = await runLoad({
      code: 'export const train = () => 1; export const rate = 3; export default () => 2;',
      exportName: 'tran',
    });
    assert.equal(module.end, { status: 'noSuchExport', exports: ['default', 'rate', 'train'], foundType: 'undefined' });
    assert.is(module.code, 0);
    const wrongType = await runLoad({ code: 'export const rate = 3;', exportName: 'rate' });
    assert.equal(wrongType.end, { status: 'noSuchExport', exports: ['rate'], foundType: 'number' });
    const common = await runLoad({ code: { 'a.cjs': 'module.exports["x" + 1] = () => 1;' }, entry: 'a.cjs', exportName: 'y' });
    assert.equal(common.end, { status: 'noSuchExport', exports: ['default', 'x1'], foundType: 'undefined' });
    const many = await runLoad({ code: Array.from({ length: 2000 }, (_, n) => `export const name${n} = 1;`).join('\n') });
    assert.ok(many.end.status === 'noSuchExport' && many.end.exports.length > 10);
  },
  { timeoutInS: 30 },
);

test('the environment is that of the job, and argv names the runner, so that no module takes itself for the program', async () => {
  const { value } = await runCall({
    code: `export default () => [{ ...process.env }, process.argv, process.execPath, process.execArgv];`,
    env: { A: '1', B: 'two' },
    nodeArguments: ['--max-old-space-size=200'],
  });
  const [env, argv, execPath, execArgv] = value as [object, string[], string, string[]];
  assert.equal(env, { A: '1', B: 'two' });
  assert.is(argv.length, 2);
  assert.is(argv[0], execPath);
  assert.match(argv[1] ?? '', /\/nisher\/runner\.cjs$/);
  assert.equal(execArgv, ['--max-old-space-size=200']);
});

test('unpacks long names, folders, links and modes', async () => {
  const long = `${'long/'.repeat(60)}module.mjs`;
  const { value } = await runCall({
    code: {
      'main.mjs': `import { readFileSync, statSync } from 'node:fs';
        export default async () => [(await import('./${long}')).default, statSync(new URL('./${long}', import.meta.url)).mode & 0o777];`,
      [long]: 'export default "found";',
    },
  });
  assert.equal(value, ['found', 0o644]);
});

test('what a function throws comes with class, stack and properties', async () => {
  const { end, value, code } = await runCall({
    code: 'import { readFileSync } from "node:fs";\nexport default () => {\n  readFileSync("/does/not/exist");\n};',
  });
  assert.ok(end.status === 'threw' && end.phase === 'call');
  const error = value as NodeJS.ErrnoException;
  assert.is(error.code, 'ENOENT');
  assert.is(error.errno, -2);
  assert.match(error.stack ?? '', /main\.mjs:3:3/);
  assert.is(code, 0);
});

test(
  'what a function throws may be anything',
  async () => {
    for (const [source, check] of [
      ['throw "text"', (value: unknown) => value === 'text'],
      ['throw undefined', (value: unknown) => value === undefined],
      ['return Promise.reject(5)', (value: unknown) => value === 5],
      ['throw () => 1', (value: unknown) => /error is a function/.test((value as Error).message)],
      ['throw { message: "odd", f() {} }', (value: unknown) => /odd \(error\.f is a function\)/.test((value as Error).message)],
      [
        'throw new Error("x".repeat(1e6))',
        (value: unknown) => /^x+ \(The encoded value has \d+ bytes/.test((value as Error).message),
      ],
    ] as const) {
      const { end, value } = await runCall({ code: `export default () => { ${source}; };`, maxResultInBytes: 1e5 });
      assert.is(end.status, 'threw');
      assert.ok(check(value), `${source}: ${String(value)}`);
    }
  },
  { timeoutInS: 30 },
);

test('says where a result cannot be carried', async () => {
  const { end, code } = await runCall({ code: 'export default () => ({ a: [1, { callback() {} }] });' });
  assert.ok(end.status === 'uncarriable');
  assert.is(`${end.path} ${end.problem}`, 'result.a[1].callback is a function');
  assert.is(code, 0);
  const long = await runCall({ code: 'export default () => ({ ["\\u0000".repeat(1e5)]: Symbol() });' });
  assert.ok(long.end.status === 'uncarriable' && long.end.path.startsWith('result['));
});

test('says how large a result is that may not be that large', async () => {
  const { end } = await runCall({ code: 'export default () => new Uint8Array(2e6);', maxResultInBytes: 1e6 });
  assert.ok(end.status === 'tooLarge');
  assert.ok(end.valueInBytes > 2e6 && end.valueInBytes < 2_000_100);
});

test(
  'thenables, throwing getters and proxies lead to an end',
  async () => {
    const thenable = await runCall({ code: 'export default () => ({ then(done) { done("then"); } });' });
    assert.is(thenable.value, 'then');
    const getter = await runCall({ code: 'export default () => ({ get x() { throw new Error("no"); } });' });
    assert.ok(getter.end.status === 'uncarriable' && getter.end.problem === 'throws when read: no');
    const throwing = await runCall({ code: 'export default () => ({ get then() { throw new Error("no then"); } });' });
    assert.ok(throwing.end.status === 'threw' && (throwing.value as Error).message === 'no then');
    const proxy = await runCall({ code: 'export default () => new Proxy({}, { ownKeys() { throw new Error("trap"); } });' });
    assert.is(proxy.end.status, 'uncarriable');
  },
  { timeoutInS: 30 },
);

test(
  'errors at load are told apart from errors of the call',
  async () => {
    const thrown = await runLoad({ code: 'throw new TypeError("at load");' });
    assert.ok(thrown.end.status === 'threw' && thrown.end.phase === 'load');
    assert.instance(thrown.value, TypeError);
    const syntax = await runLoad({ code: 'export default () => {\n  const = 1;\n};' });
    assert.ok(syntax.end.status === 'threw' && syntax.end.phase === 'load');
    assert.is((syntax.value as Error).name, 'SyntaxError');
    const missing = await runLoad({ code: 'import "./not-there.mjs";' });
    assert.is((missing.value as NodeJS.ErrnoException).code, 'ERR_MODULE_NOT_FOUND');
  },
  { timeoutInS: 30 },
);

test('a function that reads stdin sees its end, and children get none of it', async () => {
  const { value } = await runCall({
    code: `import { execFileSync } from 'node:child_process';
      import { readFileSync, readlinkSync } from 'node:fs';
      export default async () => {
        let read = 0;
        for await (const chunk of process.stdin) read += chunk.length;
        return [read, readFileSync(0).length, readlinkSync('/proc/self/fd/0'),
          execFileSync('sh', ['-c', 'cat; ls -l /proc/self/fd | grep -c fifo || true'], { stdio: [0, 'pipe', 'inherit'] }).toString()];
      };`,
  });
  // The one pipe that ls has is the one it prints into, and that is a socket.
  assert.equal(value, [0, 0, '/dev/null', '0\n']);
});

test('is ready only with its arguments, with its thread pool filled, and calls only when told', async () => {
  const runner = await startRunner({
    code: 'import { writeFileSync } from "node:fs"; export default (path) => { writeFileSync(path, ""); return process.hrtime().length; };',
  });
  await runner.frame(GuestFrame.Loading);
  await runner.frame(GuestFrame.Loaded);
  const mark = join(runner.codeDirectory, 'called');
  runner.sendArguments([mark]);
  await runner.frame(GuestFrame.Ready);
  // Main, 4 of V8, 1 that watches signals, 4 of the pool; 11 on Node 20.
  const tasks = readdirSync(`/proc/${runner.child.pid}/task`).length;
  assert.ok(tasks >= 10 && tasks <= 16, `${tasks} tasks`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.not.ok(existsSync(mark));
  runner.send(HostMessage.Go);
  assert.is((await runner.end()).value, 2);
  assert.ok(existsSync(mark));
  runner.send(HostMessage.Release);
  assert.is((await runner.exited).code, 0);
});

test('serves one call after another while it is not released', async () => {
  const runner = await startRunner({
    code: 'let calls = 0; export default async (x) => { if (x === 0) throw new Error("zero"); return [++calls, x]; };',
  });
  await runner.frame(GuestFrame.Loading);
  await runner.frame(GuestFrame.Loaded);
  for (const [argument, status] of [
    [5, 'returned'],
    [0, 'threw'],
    [7, 'returned'],
  ] as const) {
    runner.sendArguments([argument]);
    await runner.frame(GuestFrame.Ready);
    runner.send(HostMessage.Go);
    const { end, value } = await runner.end();
    assert.is(end.status, status);
    if (argument === 7) assert.equal(value, [2, 7]);
  }
  runner.send(HostMessage.Release);
  assert.is((await runner.exited).code, 0);
});

test('leaves as soon as the host is gone: before the job, when idle, during a call', async () => {
  const idle = await startRunner({ code: 'export default () => 1; setInterval(() => {}, 1000);' });
  await idle.frame(GuestFrame.Loading);
  await idle.frame(GuestFrame.Loaded);
  idle.closeInput();
  assert.is((await idle.exited).signal, 'SIGKILL');

  const calling = await startRunner({ code: 'export default () => new Promise(() => setInterval(() => {}, 1000));', args: [] });
  await calling.frame(GuestFrame.Loading);
  await calling.frame(GuestFrame.Loaded);
  await calling.frame(GuestFrame.Ready);
  calling.send(HostMessage.Go);
  await new Promise((resolve) => setTimeout(resolve, 200));
  calling.closeInput();
  assert.is((await calling.exited).signal, 'SIGKILL');
});

test('tells the host when the code cannot be unpacked', async () => {
  const runner = await startRunner({ code: { 'main.mjs': '', 'main.mjs/under-a-file': '' } });
  const { end } = await runner.end();
  assert.ok(end.status === 'failed' && end.problem.includes('main.mjs'), JSON.stringify(end));
});
