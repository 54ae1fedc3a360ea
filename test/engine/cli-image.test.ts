import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { patience } from '../support/patience.js';
import { runCli } from '../support/run-cli.js';

const { test } = suite('nisher image and gc');
const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url));
const module = fileURLToPath(new URL('../fixtures/cli/functions.ts', import.meta.url));

test('build prints the name of the image alone, the same each time; ls lists it', async () => {
  const first = await runCli(['image', 'build']);
  assert.is(first.exitCode, 0, first.stderr);
  assert.match(first.stdout, /^nisher-runner:[0-9a-f]{16}\n$/);
  const second = await runCli(['image', 'build']);
  assert.equal([second.stdout, second.stderr], [first.stdout, '']);
  assert.match((await runCli(['image', 'ls'])).stdout, first.stdout.trim());
  const listed = JSON.parse((await runCli(['image', 'ls', '--json'])).stdout);
  assert.ok(
    listed.some(({ tag, node }: { tag: string; node: string }) => tag === first.stdout.trim() && node === process.version),
  );
});

test('an image on a base: built, used, listed with its base, removed', async () => {
  const base = (await runCli(['image', 'build'])).stdout.trim();
  const { stdout, exitCode, stderr } = await runCli(['image', 'build', '--base', base]);
  assert.is(exitCode, 0, stderr);
  const name = stdout.trim();
  assert.is.not(name, base);
  try {
    assert.is((await runCli(['run', module, '1', '2', '--image', name])).stdout, '3\n');
    assert.ok((await runCli(['image', 'ls'])).stdout.split('\n').some((line) => line.startsWith(name) && line.includes(base)));
  } finally {
    assert.is((await runCli(['image', 'rm', name])).stdout, `Removed ${name}\n`);
  }
  assert.not.match((await runCli(['image', 'ls'])).stdout, name);
});

test('a base that is not there is not pulled', async () => {
  const { exitCode, stderr, stdout } = await runCli(['image', 'build', '--base', 'nisher-no-such-base']);
  assert.equal([exitCode, stdout], [125, '']);
  assert.match(stderr, /no image `nisher-no-such-base`.*\n.*docker pull/);
});

test('rm removes nothing that nisher did not make', async () => {
  const { exitCode, stderr } = await runCli(['image', 'rm', 'debian:12']);
  assert.is(exitCode, 2);
  assert.match(stderr, /No image of nisher is called `debian:12`/);
});

test('gc removes the container of a program that was killed, and not that of one that lives', async () => {
  const living = await startSpinning();
  // A program sweeps by itself, once, 1 s after its first container: gc would find nothing.
  await sleep(3000);
  const dead = await startSpinning();
  try {
    // With its reaper, as when the machine runs out of memory: gc is for what is left then.
    const children = readFileSync(`/proc/${dead.pid}/task/${dead.pid}/children`, 'utf8').split(' ').filter(Boolean);
    for (const child of children) process.kill(Number(child), 'SIGKILL');
    dead.kill('SIGKILL');
    await once(dead, 'close');
    const looked = await runCli(['gc', '--dry-run']);
    assert.match(looked.stdout, /container +\S+ +the program that started it is gone\n[\s\S]*Would remove 1 container /);
    const { stdout, exitCode } = await runCli(['gc', '--dry-run']);
    assert.equal([stdout, exitCode], [looked.stdout, 0], 'a dry run removes nothing');
    assert.match((await runCli(['gc'])).stdout, /Removed 1 container /);
    assert.match((await runCli(['gc'])).stdout, /^Nothing to remove\n$/);
    assert.is(living.exitCode ?? living.signalCode, null);
    const status = JSON.parse((await runCli(['engine', 'status', '--json'])).stdout);
    assert.ok(status.containers >= 1);
  } finally {
    dead.kill('SIGKILL');
    living.kill('SIGTERM');
    if (living.exitCode === null && living.signalCode === null) await once(living, 'close');
  }
});

/** A call that is busy: it cannot see that its program is gone. */
async function startSpinning() {
  const words = ['run', `${module}#spin`, '--cpu-time', `${120 * patience}s`];
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), bin, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child.stderr, 'data');
  return child;
}
