import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { findDockerd, privateEngineStatus } from '../../src/engine/private-engine.js';
import { suite } from '../harness.js';
import { noKernelOfTheHost } from '../support/engine-under-test.js';
import { runCli } from '../support/run-cli.js';

const { test } = suite('nisher doctor and engine');
const module = fileURLToPath(new URL('../fixtures/cli/functions.ts', import.meta.url));

test('doctor proves that this engine keeps every limit, or refuses it', async () => {
  const { exitCode, stdout, stderr } = await runCli(['doctor', '--json']);
  const { ok, checks } = JSON.parse(stdout);
  assert.equal(
    checks.filter((check: { ok: boolean }) => !check.ok),
    [],
    stdout,
  );
  assert.equal([ok, exitCode, stderr], [true, 0, '']);
  const names = checks.map(({ name }: { name: string }) => name);
  for (const name of [
    'memory limit',
    'swap limit',
    'processes',
    'CPU quota',
    'CPU time limit',
    'wall time limit',
    'isolation',
    'seccomp',
  ]) {
    assert.ok(names.includes(name), name);
  }
  const processes = checks.find(({ name }: { name: string }) => name === 'processes');
  assert.is(processes.warning, noKernelOfTheHost === null ? undefined : true, stdout);
});

test('doctor without an engine: ✗, a hint, exit code 1', async () => {
  const { exitCode, stdout } = await runCli(['doctor', '--engine', 'unix:///nowhere.sock']);
  assert.is(exitCode, 1);
  assert.match(stdout, /^✗ engine .*nowhere\.sock.*\n.*hint: [\s\S]*1 of 1 checks failed\n$/);
});

test('doctor where no container can be made: the first probe fails, the others are not tried', async () => {
  const { exitCode, stdout } = await runCli(['doctor', '--runtime', 'no-such-runtime', '--json']);
  const { ok, checks } = JSON.parse(stdout);
  assert.equal([ok, exitCode], [false, 1]);
  const last = checks.at(-1);
  assert.is(last.name, 'container');
  assert.match(last.found, 'no-such-runtime');
  assert.ok(last.hint);
});

test('engine status, for people and as JSON', async () => {
  const { exitCode, stdout } = await runCli(['engine', 'status']);
  assert.is(exitCode, 0);
  assert.match(stdout, /^engine +\w+:\/\/.*\nversion +\w+ \d.*\ncontainers +\d+ of nisher\nprivate engine +\S/);
  const status = JSON.parse((await runCli(['engine', 'status', '--json'])).stdout);
  assert.is(status.reachable, true);
  assert.ok(['stopped', 'running'].includes(status.privateEngine.state));
  assert.is((await runCli(['engine', 'status', '--engine', 'unix:///nowhere.sock'])).exitCode, 1);
});

test('engine start uses an engine that answers', async () => {
  const before = await privateEngineStatus();
  const { exitCode, stdout } = await runCli(['engine', 'start']);
  assert.is(exitCode, 0);
  assert.match(stdout, /An engine answers at .*nothing is started/);
  assert.equal(await privateEngineStatus(), before);
});

test('engine start mends nothing by starting another: a DOCKER_HOST that is wrong is said to be', async () => {
  const { exitCode, stdout, stderr } = await runCli(['engine', 'start'], { env: { DOCKER_HOST: 'gopher://x' } });
  assert.equal([exitCode, stdout], [125, '']);
  assert.match(stderr, /gopher/);
});

// Its data is removed at the end: none may be there before.
const canStart =
  process.getuid?.() === 0 && findDockerd() !== null && !existsSync('/run/nisher') && !existsSync('/var/lib/nisher');
const name = 'a machine without an engine: start, status, a call, stop, nothing left';
if (!canStart) test.skip(name, 'needs root, a dockerd, and no private engine of somebody else');
else {
  test(
    name,
    async () => {
      let stopped = '';
      try {
        const started = await withoutSystemEngine('engine', 'start');
        assert.match(started, /Started a private engine: unix:\/\/\/run\/nisher\/docker\.sock, pid \d+/);
        assert.match(await withoutSystemEngine('engine', 'start'), /An engine answers at unix:\/\/\/run\/nisher\/docker\.sock/);
        assert.match(
          await withoutSystemEngine('engine', 'status'),
          /private engine +unix:\/\/\/run\/nisher\/docker\.sock, pid \d+/,
        );
        assert.match(await withoutSystemEngine('run', module, '2', '3', '--mem', '128MB', '--cpu-time', '5s'), /^5$/m);
      } finally {
        stopped = (await runCli(['engine', 'stop', '--purge'])).stdout;
      }
      assert.match(stopped, /Stopped the private engine \(pid \d+\)/);
      assert.not(existsSync('/run/nisher'));
      assert.not(existsSync('/var/lib/nisher'));
      assert.match((await runCli(['engine', 'stop'])).stdout, /was not running/);
    },
    { timeoutInS: 120 },
  );
}

/** Of engines that a machine may have, by their packages. */
const systemSockets = '/var/run/docker.sock /run/podman/podman.sock';

/**
 * Runs nisher where the system's sockets are not to be seen: in a mount namespace of its own. Nor is the system's containerd, which
 * dockerd would use: it starts containers in its own namespace, where the mounts that this dockerd makes for them are not.
 */
function withoutSystemEngine(...words: string[]): Promise<string> {
  const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url));
  const hideOne = 'if [ -S "$socket" ]; then mount --bind /dev/null "$(realpath "$socket")"; fi';
  const hideContainerd = 'if [ -d /run/containerd ]; then mount -t tmpfs tmpfs /run/containerd; fi';
  const hide = `for socket in ${systemSockets}; do ${hideOne}; done; ${hideContainerd}; exec "$@"`;
  const nisher = [process.execPath, '--import', import.meta.resolve('tsx'), bin, ...words];
  const { DOCKER_HOST: _host, DOCKER_CONTEXT: _context, ...env } = process.env;
  const child = spawn('unshare', ['--mount', 'sh', '-c', hide, 'sh', ...nisher], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return new Promise((resolve) => child.once('close', () => resolve(output)));
}
