import * as assert from 'uvu/assert';
import { fromModule, getContext } from '../../src/index.js';
import { suite } from '../harness.js';
import { noKernelOfTheHost } from '../support/engine-under-test.js';
import { leftovers } from '../support/leftovers.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';

const { test, after } = suite('calls');

after(async () => {
  assert.equal(await leftovers(), []);
});

const echo = fromModule<typeof import('../fixtures/functions/echo.js'), 'echo'>(
  new URL('../fixtures/functions/echo.ts', import.meta.url),
  'echo',
);

test('values go both ways', async () => {
  const cyclic: Record<string, unknown> = { name: 'loop' };
  cyclic.self = cyclic;
  const values = [
    undefined,
    Number.NaN,
    -0,
    12n,
    new Date(5),
    new Map([[1, new Set(['a'])]]),
    /x+/gi,
    new URL('https://example.org/a?b'),
    Buffer.from('bytes'),
    new Float64Array([1.5, -0]),
    new Uint8Array(3).buffer,
    [1, undefined, 3],
  ];
  const limited = enforceLimits({ wallTimeInS: 60 })(echo);
  assert.equal((await limited.run(...values)).unwrap(), values);
  const [loop] = (await limited.run(cyclic)).unwrap() as [typeof cyclic];
  assert.is(loop.self, loop);
  const large = Buffer.alloc(20 * 2 ** 20, 7);
  const [back] = (await limited.run(large)).unwrap() as [Buffer];
  assert.ok(Buffer.isBuffer(back) && back.equals(large));
});

test('arguments are those of the moment of the call', async () => {
  const limited = enforceLimits({ wallTimeInS: 60 })(echo);
  const state = { round: 0, bytes: Buffer.from('before') };
  const calls = [1, 2].map((round) => {
    state.round = round;
    return limited.run(state);
  });
  state.bytes.fill('x');
  const seen = (await Promise.all(calls)).map((outcome) => outcome.unwrap()[0]);
  assert.equal(
    seen,
    [1, 2].map((round) => ({ round, bytes: Buffer.from('before') })),
  );
});

test('calls of one wrapper that overlap never mix', async () => {
  const limited = enforceLimits({ wallTimeInS: 60, captureOutput: true })(async (index: number) => {
    console.log(`I am ${index}`);
    await new Promise((resolve) => setTimeout(resolve, 50 * (6 - index)));
    return index;
  });
  const outcomes = await Promise.all([1, 2, 3, 4, 5].map((index) => limited.run(index)));
  assert.equal(
    outcomes.map(({ result, stdout }) => [result, stdout]),
    [1, 2, 3, 4, 5].map((index) => [index, `I am ${index}\n`]),
  );
});

test('maxConcurrency lets the others wait in order, and says how long', async () => {
  const context = getContext('spawn', { maxConcurrency: 1 });
  const order: number[] = [];
  const limited = enforceLimits({ wallTimeInS: 60, context })((index: number) => index);
  const outcomes = await Promise.all(
    [1, 2, 3].map(async (index) => {
      const outcome = await limited.run(index);
      order.push(index);
      return outcome;
    }),
  );
  assert.equal(order, [1, 2, 3]);
  assert.ok((outcomes[2]?.timings.queue ?? 0) > (outcomes[1]?.timings.queue ?? 0));
});

test('the function sees no environment but its own', async () => {
  process.env.NISHER_TEST_SECRET = 'secret';
  const outcome = await enforceLimits({ wallTimeInS: 60, env: { GREETING: 'hello' } })(() => ({ ...process.env })).run();
  delete process.env.NISHER_TEST_SECRET;
  const seen = outcome.unwrap();
  assert.is(seen.GREETING, 'hello');
  assert.equal(Object.keys(seen).sort(), ['GREETING', 'HOME', 'PATH']);
});

test("an error's stack names the user's own file and line", async () => {
  const fails = fromModule<typeof import('../fixtures/functions/fails.js'), 'fails'>(
    new URL('../fixtures/functions/fails.ts', import.meta.url),
    'fails',
  );
  const outcome = await enforceLimits({ wallTimeInS: 60 })(fails).run();
  assert.match((outcome.error?.cause as Error | undefined)?.stack ?? '', /test\/fixtures\/functions\/fails\.ts:10:21/);
});

test('a logger hears of limits, call, grace period and end', async () => {
  const lines: string[] = [];
  const add = (message: string) => {
    lines.push(message);
  };
  const logger = { debug: add, info: add, warn: add, error: add };
  await enforceLimits({ wallTimeInS: 0.3, gracePeriodInS: 0.1, logger })(
    () => new Promise((resolve) => setTimeout(resolve, 9000)),
  ).run();
  assert.match(lines.join('\n'), /Limits set[\s\S]*Call[\s\S]*Grace period begins[\s\S]*did not return: .*wallTimeInS is 0\.3/);
});

test('a logger that throws changes nothing', async () => {
  const fail = () => {
    throw new Error('logger');
  };
  const logger = { debug: fail, info: fail, warn: fail, error: fail };
  const limited = enforceLimits({ wallTimeInS: 0.3, gracePeriodInS: 0.1, logger })(
    () => new Promise((resolve) => setTimeout(resolve, 9000)),
  );
  assert.is((await limited.run()).exitStatus, 'TimeoutException');
});

test(
  'UV_THREADPOOL_SIZE of the function takes nothing from numProcesses',
  async () => {
    const outcome = await enforceLimits({ wallTimeInS: 30, numProcesses: 1, env: { UV_THREADPOOL_SIZE: '64' } })(async () => {
      const { readFile } = await import('node:fs/promises');
      const texts = await Promise.all(Array.from({ length: 100 }, () => readFile('/etc/passwd', 'utf8')));
      return texts.length;
    }).run();
    assert.is(outcome.result, 100, outcome.error?.message);
  },
  { unless: noKernelOfTheHost },
);

test('timings say where the time went', async () => {
  const { timings } = await enforceLimits({ wallTimeInS: 60 })(() => 1).run();
  for (const step of ['create', 'start', 'load', 'call'] as const) assert.ok(timings[step] > 0, `${step}: ${timings[step]}`);
});

test('a wrapper is given back by close and by await using', async () => {
  const limited = enforceLimits({ wallTimeInS: 60 })(() => 5);
  const call = limited.run();
  await limited.close();
  assert.is((await call).result, 5);
  await limited[Symbol.asyncDispose]();
});

test('what was killed at its limit is gone soon after, each time', async () => {
  // Docker 20.10 may leave a wait for the removal unanswered: the program then stayed for 10 s.
  for (let round = 0; round < 10; round++) {
    const limited = enforceLimits({ wallTimeInS: 0.3 })(() => {
      for (;;);
    });
    assert.is((await limited.run()).exitStatus, 'TimeoutException');
    const since = performance.now();
    await limited.close();
    assert.ok(performance.now() - since < 5000 * patience, `round ${round}: ${performance.now() - since} ms`);
  }
});
