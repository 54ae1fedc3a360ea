import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { SandboxExit } from '../../src/call/sandbox.js';
import { connect } from '../../src/engine/connect.js';
import { type DockerEngine, openDockerEngine } from '../../src/engine/docker-engine.js';
import { EngineError } from '../../src/engine/engine-error.js';
import { readProcessStat } from '../../src/engine/process-stat.js';
import { suite } from '../harness.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { noCgroup, noEndMark, noKernelOfTheHost, noLeastMemory, noPipes, noSocket } from '../support/engine-under-test.js';
import { makeOwnEngine, noOwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { isStep } from '../support/steps.js';
import { finish, inspect, isGone, printed, specOf, whenUp } from './engine-sandbox.js';

const { test, before } = suite('engine exit');

let engine: DockerEngine;
before(async () => {
  engine = await openDockerEngine();
});

const WAIT = "console.log('up'); process.stdin.resume()";

test('exit codes and signals as they are', async () => {
  const table: readonly [string, number][] = [
    ['', 0],
    ['process.exit(7)', 7],
    ['process.exit(255)', 255],
    ['process.exit(137)', 137],
    ['process.abort()', 134],
    ["process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)", 143],
    ['throw new Error()', 1],
  ];
  await Promise.all(
    table.map(async ([source, exitCode]) => {
      const { exit } = await finish(await engine.start(specOf(source)));
      // Elsewhere, or where it is over before its counters are found, nobody can tell what a SIGKILL was for.
      const isUntold = exitCode === 137 && exit.kind === 'exited' && exit.oomKilled === null;
      assert.equal(exit, { kind: 'exited', exitCode, oomKilled: isUntold ? null : false }, source);
    }),
  );
});

test('a kill is a kill, and killing or removing twice does no harm', async () => {
  const sandbox = await engine.start(specOf(WAIT));
  await whenUp(sandbox);
  const output = text(sandbox.stdout);
  await Promise.all([sandbox.kill(), sandbox.kill()]);
  assert.is(await output, '');
  assert.equal(await sandbox.exited, { kind: 'exited', exitCode: 137, oomKilled: false });
  assert.equal(await Promise.all([sandbox.remove(), sandbox.remove()]), [{ leftBehind: null }, { leftBehind: null }]);
  await sandbox.kill();
  assert.ok(await isGone(sandbox.id));
});

test(
  "a container that was killed is seen to end without the engine's word, with all that it printed and nothing else",
  async () => {
    const { endpoint } = await connect(null);
    if (endpoint.kind !== 'unix') throw new Error('noSocket says otherwise');
    // The engine never tells of a container's end.
    await using proxy = await openEngineProxy(endpoint.path, (request) =>
      isStep('wait', request) ? { kind: 'begun' } : undefined,
    );
    const muted = await openDockerEngine({ engine: proxy.url });
    const source = `
      const { writeSync } = require('fs');
      for (let line = 0; ; line++) for (const descriptor of [1, 2]) writeSync(descriptor, line + '\\n');`;
    for (const howLongInMs of [0, 5, 50]) {
      const sandbox = await muted.start(specOf(source));
      const outputs = Promise.all([text(sandbox.stdout), text(sandbox.stderr)]);
      await once(sandbox.stdout, 'data');
      sandbox.findPipes();
      await sleep(howLongInMs);
      await sandbox.kill();
      assert.equal(await sandbox.exited, { kind: 'exited', exitCode: 137, oomKilled: false });
      for (const output of await outputs) {
        const lines = output.split('\n');
        const cutLine = lines.pop();
        assert.ok(lines.length > 0);
        assert.is(
          lines.findIndex((line, index) => line !== `${index}`),
          -1,
        );
        assert.is(cutLine, '');
      }
      assert.equal(await sandbox.remove(), { leftBehind: null });
    }
  },
  { unless: noSocket ?? noPipes ?? noEndMark },
);

test(
  'one that has just ended by itself keeps its own exit code, though it is killed then',
  async () => {
    for (let count = 0; count < 3; count++) {
      const sandbox = await engine.start(specOf("console.log('up'); setTimeout(() => process.exit(3), 50);"));
      await whenUp(sandbox);
      const { Pid } = (await inspect(sandbox.id)).State;
      while (readProcessStat(Pid)?.hasEnded === false) await immediately();
      await sandbox.kill();
      assert.equal(await sandbox.exited, { kind: 'exited', exitCode: 3, oomKilled: false });
      assert.equal(await sandbox.remove(), { leftBehind: null });
    }
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);

test(
  'a container whose connection breaks sees the end of its stdin: nobody is there any more',
  async () => {
    const { endpoint } = await connect(null);
    if (endpoint.kind !== 'unix') throw new Error('noSocket says otherwise');
    const proxy = await openEngineProxy(endpoint.path, () => undefined);
    const sandbox = await (await openDockerEngine({ engine: proxy.url })).start(specOf(WAIT));
    await whenUp(sandbox);
    assert.ok(sandbox.writeStdin(Buffer.from('there')));
    await proxy[Symbol.asyncDispose]();
    assert.is((await sandbox.exited).kind, 'lost');
    for (let tries = 0; tries < 100 * patience && !(await isGone(sandbox.id)); tries++) await sleep(100);
    assert.ok(await isGone(sandbox.id));
    assert.not(sandbox.writeStdin(Buffer.from('there')));
    await sandbox.remove();
  },
  { unless: noSocket ?? noPipes },
);

test('removing kills what still runs', async () => {
  const sandbox = await engine.start(specOf("console.log('up'); for (;;);"));
  await printed(sandbox, /up/);
  assert.equal(await sandbox.remove(), { leftBehind: null });
  assert.ok(await isGone(sandbox.id));
  await sandbox.exited;
});

test('it is no more, even if nobody asks for its removal', async () => {
  const sandbox = await engine.start(specOf(''));
  sandbox.stdout.resume();
  sandbox.stderr.resume();
  await sandbox.exited;
  for (let tries = 0; tries < 100 && !(await isGone(sandbox.id)); tries++) await sleep(100);
  assert.ok(await isGone(sandbox.id));
  assert.equal(await sandbox.remove(), { leftBehind: null });
});

/** Podman's service does not tell of signals; nor does it end containers when it ends itself. */
function assertNotItsDoing(exit: SandboxExit, { info }: DockerEngine): void {
  if (exit.kind === 'exited') assert.ok(info.flavour === 'podman' && exit.exitCode === 137, JSON.stringify(exit));
  else assert.match(exit.reason, /somebody else|removed/);
}

test("killed or stopped behind our back: that is not the function's doing", async () => {
  const { docker } = await connect(null);
  const acts = [(id: string) => docker.getContainer(id).kill(), (id: string) => docker.getContainer(id).stop({ t: 1 })];
  for (const act of acts) {
    const sandbox = await engine.start(specOf(WAIT));
    await printed(sandbox, /up/);
    await act(sandbox.id);
    const { exit } = await finish(sandbox);
    assertNotItsDoing(exit, engine);
  }
  const sandbox = await engine.start(specOf(WAIT));
  await printed(sandbox, /up/);
  await docker.getContainer(sandbox.id).kill({ signal: 'SIGTERM' });
  const { exit } = await finish(sandbox);
  assert.equal(
    exit,
    { kind: 'exited', exitCode: 143, oomKilled: false },
    "a signal that the function may handle is the function's",
  );
});

test('removed behind our back', async () => {
  const sandbox = await engine.start(specOf(WAIT));
  await printed(sandbox, /up/);
  const { docker } = await connect(null);
  await docker.getContainer(sandbox.id).remove({ force: true });
  const exit = await sandbox.exited;
  assertNotItsDoing(exit, engine);
  assert.equal(await sandbox.remove(), { leftBehind: null });
});

test('children that outlive the runner end with it, and its output too', async () => {
  const source = `
    require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => console.log("still"), 50)'], { stdio: 'inherit', detached: true }).unref();
    setTimeout(() => process.exit(3), 300);`;
  const since = performance.now();
  const { exit } = await finish(await engine.start(specOf(source)));
  assert.equal(exit, { kind: 'exited', exitCode: 3, oomKilled: false });
  assert.ok(performance.now() - since < 15_000 * patience);
});

/** Refused starts: changes of the spec → kind, and words that name the value. */
const refused: readonly [string, Parameters<typeof specOf>[1], EngineError['kind'], RegExp][] = [
  ['an unknown runtime', { runtime: 'nowhere' }, 'unknown-runtime', /nowhere/],
  ['an unknown network', { network: 'nisher-nowhere' }, 'no-network', /nisher-nowhere/],
  ['an unknown image', { image: 'nisher-nowhere:1' }, 'no-image', /nisher-nowhere:1/],
  ['hardly any memory', { memInBytes: 4 * 2 ** 20 }, 'memory', /6MB|6MiB|OOM/],
];

for (const [name, changes, kind, words] of refused) {
  const refusal = async () => {
    const { docker } = await connect(null);
    const ours = async () =>
      (await docker.listContainers({ all: true, filters: { label: ['nisher.owner'] } })).filter(
        ({ Labels }) => Labels['nisher.owner']?.split(':')[3] === `${process.pid}`,
      );
    try {
      await engine.start(specOf('', changes));
    } catch (error) {
      assert.instance(error, EngineError);
      assert.is((error as EngineError).kind, kind, (error as Error).message);
      assert.match((error as EngineError).message, words);
      assert.ok((error as EngineError).hint);
      assert.equal(await ours(), []);
      return;
    }
    assert.unreachable('it started');
  };
  test(`${name} is refused, and nothing is left`, refusal, { unless: kind === 'memory' ? noLeastMemory : null });
}

test(
  'an engine that is killed or stopped in the middle of a call: lost, never a made-up exit; and it works again afterwards',
  async () => {
    const own = await makeOwnEngine();
    try {
      await own.start();
      const other = await openDockerEngine({ engine: own.url });
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        const sandbox = await other.start(specOf("process.on('SIGTERM', () => {}); console.log('up'); process.stdin.resume()"));
        await printed(sandbox, /up/);
        const since = performance.now();
        await own.stop(signal);
        const exit = await sandbox.exited;
        assert.is(exit.kind, 'lost', `${signal}: ${JSON.stringify(exit)}`);
        assert.ok(performance.now() - since < 20_000);
        await sandbox.kill();
        assert.not.equal((await sandbox.remove()).leftBehind, null, 'the engine could not be asked to remove it');
        await own.start();
        const { exit: next } = await finish(await other.start(specOf('process.exit(4)')));
        assert.equal(next, { kind: 'exited', exitCode: 4, oomKilled: false });
      }
    } finally {
      await own.remove();
    }
  },
  { timeoutInS: 150, unless: noOwnEngine },
);
