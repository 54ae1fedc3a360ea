import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { OWNER_LABEL } from '../../src/engine/labels.js';
import { formatOwner, thisOwner } from '../../src/engine/owner.js';
import { enforceLimits, fromModule, getContext, type LimitedFunction, type Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { noCgroup, noKernelOfTheHost } from '../support/engine-under-test.js';
import { leftovers } from '../support/leftovers.js';
import { patience } from '../support/patience.js';

const { test, before, after } = suite('warm containers');
let folder = '';

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nisher-warm-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  assert.equal(await leftovers(), []);
});

/** Time for the pool to have so many ready again, on a machine that does other things; one that waits 10 s for nothing is given up. */
const refilled = (containers = 1) => sleep(Math.min(1500 * containers * patience, 7500));
/** Three containers come up within the 10 s that the first of them waits for a call. */
const emulated = patience > 1 ? 'an emulated machine does not start three containers in the time that one of them waits' : null;
/** Of this program, whatever its neighbours do. */
const OURS = `${OWNER_LABEL}=${formatOwner(thisOwner())}`;
const isWarm = ({ timings }: Outcome) => timings.create === 0 && timings.start === 0 && timings.load === 0;

async function moduleOf(name: string, text: string): Promise<URL> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return pathToFileURL(file);
}

test('the second call is warm, in a container that nobody has used', async () => {
  const url = await moduleOf('count.mjs', 'let calls = 0; export default () => { calls += 1; return calls; };');
  await using limited = enforceLimits({ wallTimeInS: 30 })(fromModule(url));
  const first = await limited.run();
  assert.equal([first.result, isWarm(first)], [1, false]);
  await refilled();
  const second = await limited.run();
  assert.equal([second.result, isWarm(second)], [1, true]);
});

test('loading the module costs a warm call nothing, neither time nor CPU', async () => {
  const url = await moduleOf(
    'slow.mjs',
    'const until = performance.now() + 1000; while (performance.now() < until); export default () => "ready";',
  );
  await using limited = enforceLimits({ wallTimeInS: 10, cpuTimeInS: 10 })(fromModule(url));
  const first = await limited.run();
  assert.ok(first.timings.load >= 1, `${first.timings.load}`);
  await refilled(2);
  const second = await limited.run();
  assert.is(second.unwrap(), 'ready');
  assert.ok(isWarm(second) && second.timings.queue < 0.5 * patience, JSON.stringify(second.timings));
  assert.ok(second.cpuTime < 0.1 * patience, `${second.cpuTime}`);
});

test('limits hold as in a cold call', async () => {
  const secondOf = async (what: string, wallTimeInS: number): Promise<Outcome> => {
    await using limited = enforceLimits({ wallTimeInS, memInMb: 64 })((what: string) => {
      if (what === 'nothing') return;
      const kept = [];
      for (;;) if (what === 'hog') kept.push(Buffer.alloc(2 ** 20, 1));
    });
    await limited.run('nothing');
    await refilled();
    return await limited.run(what);
  };
  const busy = await secondOf('burn', 2);
  const hog = await secondOf('hog', 2 * patience);
  assert.equal([busy.exitStatus, isWarm(busy)], ['TimeoutException', true]);
  assert.ok(busy.wallClockTime >= 1.99 && busy.wallClockTime < 4 * patience, `${busy.wallClockTime}`);
  assert.equal([hog.exitStatus, isWarm(hog)], ['MemorylimitException', true]);
});

test('a module that cannot be loaded says so to each call', async () => {
  const url = await moduleOf('broken.mjs', 'console.log("loading"); export default () => 1; throw new Error("at load");');
  await using limited = enforceLimits({ wallTimeInS: 30, captureOutput: true })(fromModule(url));
  for (let round = 0; round < 3; round++) {
    const outcome = await limited.run();
    assert.equal([outcome.exitStatus, outcome.phase, outcome.stdout], ['AnythingException', 'load', 'loading\n']);
    await sleep(500);
  }
});

test('a module that hangs at load is stopped by the wall limit, for each call', async () => {
  const url = await moduleOf(
    'hangs.mjs',
    'await new Promise((resolve) => setTimeout(resolve, 60_000)); export default () => 1;',
  );
  await using limited = enforceLimits({ wallTimeInS: 0.5 })(fromModule(url));
  for (let round = 0; round < 2; round++) {
    const outcome = await limited.run();
    assert.equal([outcome.exitStatus, outcome.phase], ['TimeoutException', 'load']);
    await sleep(1500);
  }
});

test('a warm container that dies does not cost a call', async () => {
  const { docker } = await connect(null);
  await using limited = enforceLimits({ wallTimeInS: 30 })(() => 'alive');
  await limited.run();
  await refilled();
  const mine = await docker.listContainers({ filters: { label: [OURS], status: ['running'] } });
  assert.ok(mine.length > 0, 'one waits');
  await Promise.all(mine.map(({ Id }) => docker.getContainer(Id).kill()));
  assert.is((await limited.run()).unwrap(), 'alive');
});

test(
  'calls at once each get their own, and as many are ready next time',
  async () => {
    await using limited = enforceLimits({ wallTimeInS: 30 })((n: number) => n * n);
    const all = async () =>
      (await Promise.all([1, 2, 3].map((n) => limited.run(n)))).map((outcome) => [outcome.result, isWarm(outcome)]);
    assert.equal(
      (await all()).map(([value]) => value),
      [1, 4, 9],
    );
    await refilled(2);
    assert.equal(await all(), [
      [1, true],
      [4, true],
      [9, true],
    ]);
  },
  { unless: emulated },
);

test(
  'maxTasksPerChild lets trusted functions share a container, until one breaks a limit',
  async () => {
    const context = getContext('forkserver', { maxTasksPerChild: 3 });
    const url = await moduleOf(
      'shared.mjs',
      'let calls = 0; export default (burn) => { calls += burn ? 10 : 1; while (burn); return calls; };',
    );
    await using limited = enforceLimits({ wallTimeInS: 0.5 * Math.min(patience, 10), context })(
      fromModule<{ default: (burn?: boolean) => number }>(url),
    );
    const results: (number | null)[] = [];
    for (let round = 0; round < 4; round++) results.push((await limited.run()).result);
    assert.equal(results, [1, 2, 3, 1]);
    assert.is((await limited.run(true)).exitStatus, 'TimeoutException');
    const next = await limited.run();
    assert.is(next.exitStatus, 0);
    assert.ok((next.result ?? 10) < 10, 'not in the container of the call that was stopped');
  },
  { unless: noCgroup },
);

test(
  'usage is per call in a shared container',
  async () => {
    const context = getContext('forkserver', { maxTasksPerChild: 10 });
    await using limited = enforceLimits({ wallTimeInS: 20, cpuTimeInS: 1, context })((milliseconds: number) => {
      const since = process.cpuUsage();
      for (let used = process.cpuUsage(since); used.user + used.system < milliseconds * 1000; used = process.cpuUsage(since));
      return milliseconds;
    });
    for (let round = 0; round < 3; round++) {
      const outcome = await limited.run(500);
      assert.is(outcome.exitStatus, 0, outcome.error?.message);
      assert.ok(outcome.cpuTime > 0.45 && outcome.cpuTime < 0.8, `${outcome.cpuTime}`);
    }
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);

test(
  'usage is per call, though a call before it in a container that had waited brought more arguments than go at once',
  async () => {
    const context = getContext('forkserver', { maxTasksPerChild: 2 });
    await using limited = enforceLimits({ wallTimeInS: 20, context })((_data: string, milliseconds: number) => {
      const since = process.cpuUsage();
      for (let used = process.cpuUsage(since); used.user + used.system < milliseconds * 1000; used = process.cpuUsage(since));
    });
    for (let round = 0; round < 2; round++) await limited('', 0);
    await refilled();
    const large = await limited.run('x'.repeat(100_000), 500);
    const small = await limited.run('', 0);
    assert.equal([isWarm(large), isWarm(small)], [true, true]);
    assert.ok(large.cpuTime > 0.45, `${large.cpuTime}`);
    assert.ok(small.cpuTime < 0.2 * patience, `${small.cpuTime}`);
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);

test('output of a warm call is whole when its value is there, on both streams', async () => {
  await using limited = enforceLimits({ wallTimeInS: 30, captureOutput: true })((round: number) => {
    for (let line = 0; line < 500; line++) {
      console.error(`err ${round} ${line}`);
      console.log(`out ${round} ${line}`);
    }
    console.error('last');
    return round;
  });
  for (let round = 0; round < 4; round++) {
    const { stdout, stderr, result } = await limited.run(round);
    assert.is(result, round);
    assert.is(stdout.split('\n').length, 501);
    assert.ok(stderr.endsWith('last\n') && stderr.split('\n').length === 502, `${stderr.length}`);
  }
});

test(
  'warm and cold containers are made with the same options',
  async () => {
    const { docker } = await connect(null);
    const inspected = async (method: 'spawn' | 'forkserver') => {
      const limited = enforceLimits({
        memInMb: 64,
        cpuTimeInS: 5,
        wallTimeInS: 30,
        numProcesses: 2,
        cpus: 1,
        context: getContext(method),
      })((seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000)));
      if (method === 'forkserver') {
        await limited.run(0);
        await refilled();
      }
      const call = limited.run(5);
      const listed = () => docker.listContainers({ filters: { label: [OURS] } });
      let running = await listed();
      // The test's own time bounds the wait.
      for (; running.length === 0; running = await listed()) await sleep(100);
      const details = await Promise.all(running.map(({ Id }) => docker.getContainer(Id).inspect()));
      const mine = details.filter(
        ({ HostConfig }) => HostConfig.Memory === 64 * 2 ** 20 && HostConfig.PidsLimit === details[0]?.HostConfig.PidsLimit,
      );
      await call;
      await limited.close();
      return mine.map(({ HostConfig, Config: { Hostname, Image, User, Env, Entrypoint, Cmd, WorkingDir } }) => ({
        HostConfig,
        Hostname,
        Image,
        User,
        // Podman's order is another each time.
        Env: Env.sort(),
        Entrypoint,
        Cmd,
        WorkingDir,
      }));
    };
    const [cold] = await inspected('spawn');
    const warm = await inspected('forkserver');
    assert.ok(cold && warm.length > 0);
    for (const each of warm) assert.equal(each, cold);
  },
  { unless: noKernelOfTheHost },
);

/** Runs a program that has `limited`, called once, with a container waiting for its next call. @returns what it prints */
async function runProgram(name: string, rest: string): Promise<string> {
  const program = path.join(folder, name);
  await writeFile(
    program,
    `import { enforceLimits } from ${JSON.stringify(fileURLToPath(new URL('../../src/index.ts', import.meta.url)))};
     const limited = enforceLimits({ wallTimeInS: 20 })((x: number) => x);
     await limited(1);
     await new Promise((resolve) => setTimeout(resolve, 1500));
     ${rest}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  return stdout;
}

test('an idle pool keeps no program alive, and leaves nothing', async () => {
  const stdout = await runProgram(
    'program.mts',
    `console.log(await limited(2), limited.exitStatus, Math.round(performance.now()));
     process.on('exit', () => console.log('end', Math.round(performance.now())));`,
  );
  const [, last, end] = /^2 0 (\d+)\nend (\d+)\n$/.exec(stdout) ?? [];
  // Not for the 10 s that a container waits for the next call.
  assert.ok(Number(end) - Number(last) < 5000, stdout);
});

test('a program that waits for close sees its end', async () => {
  assert.is(await runProgram('closing.mts', "await limited.close(); console.log('closed');"), 'closed\n');
});

test('close gives back what waits, and the wrapper can be used again', async () => {
  const limited: LimitedFunction<() => number> = enforceLimits({ wallTimeInS: 20 })(() => 5);
  await limited.run();
  await refilled();
  await limited.close();
  assert.equal(await leftovers(), []);
  assert.is((await limited.run()).result, 5);
  await limited.close();
});
