import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { reasonToRemove } from '../../src/engine/garbage.js';
import { formatOwner, HIDDEN, lifeOf, type Owner, parseOwner, startTimeOf, thisOwner } from '../../src/engine/owner.js';
import { reasonToSweep } from '../../src/engine/sweep.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('engine owner');

const here = thisOwner();

test('a label is read as it was written', () => {
  assert.equal(parseOwner(formatOwner(here)), here);
  const word = fc.stringMatching(/^[0-9a-f]{1,16}$/);
  const owners = fc.record(
    { machine: word, pidNamespace: word, pid: fc.integer({ min: 1, max: 2 ** 22 }), startTime: word },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(owners, (owner) => assert.equal(parseOwner(formatOwner(owner)), owner)));
});

test("other labels are nobody's", () => {
  for (const label of ['', '1', '2:a:1:1:1', '1:a:1:x:1', '1:a:1:0:1', '1:a:1:1:', '1::1:1:1', '1:a:1:1:1:1'])
    assert.is(parseOwner(label), null);
});

test('this program is alive, and known by its start', () => {
  assert.is(lifeOf(here, thisOwner(), startTimeOf), 'alive');
  assert.is(lifeOf({ ...here, startTime: `${Number(here.startTime) - 1}` }, here, startTimeOf), 'gone');
});

test('a program that has ended is gone, also while nobody has asked for its status', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  await once(child, 'spawn');
  const pid = child.pid as number;
  const owner: Owner = { ...here, pid, startTime: startTimeOf(pid) ?? 'unknown' };
  assert.is(lifeOf(owner, here, startTimeOf), 'alive');
  child.stdin.end();
  await once(child, 'exit');
  assert.is(lifeOf(owner, here, startTimeOf), 'gone');
});

test('a zombie is gone', async () => {
  // The shell starts a child and becomes a program that never asks how that ended.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = Number(line.toString());
  // On a busy machine it may not even have begun; the test's own time bounds the wait.
  while (startTimeOf(child) !== null) await sleep(20);
  assert.match(readFileSync(`/proc/${child}/stat`, 'latin1'), /\) Z /);
  parent.kill('SIGKILL');
});

test('of other machines, boots and pid namespaces nothing can be told', () => {
  assert.is(lifeOf({ ...here, machine: 'other' }, here, startTimeOf), 'unknown');
  assert.is(lifeOf({ ...here, pidNamespace: '1' }, here, startTimeOf), 'unknown');
});

test("where /proc hides other users' processes, nothing can be told of those that are there", async () => {
  assert.is(
    lifeOf(here, here, () => HIDDEN),
    'unknown',
  );
  if (process.getuid?.() !== 0) return;
  // As another user: a root that may not look into other processes. hidepid in proc(5), PTRACE_MODE_READ_FSCREDS in ptrace(2)
  const look = `import(${JSON.stringify(new URL('../../src/engine/owner.ts', import.meta.url).href)}).then(({ startTimeOf }) => {
    console.log(startTimeOf(process.pid) > 0, startTimeOf(${process.pid}), startTimeOf(2 ** 22 + 1));
  })`;
  const script =
    'mount -t proc -o hidepid=2 proc /proc && exec setpriv --regid=65534 --clear-groups --bounding-set -sys_ptrace --inh-caps -sys_ptrace "$@"';
  const words = ['--mount', 'sh', '-c', script, 'sh', process.execPath, '--import', 'tsx', '-e', look];
  const { stdout } = await promisify(execFile)('unshare', words);
  assert.is(stdout, `true ${HIDDEN} null\n`);
});

test('what a sweep takes', () => {
  const now = 1_000_000_000;
  const minute = 60_000;
  assert.is(reasonToSweep('running', 'alive', `${now - 1000 * minute}`, now), null);
  assert.match(reasonToSweep('running', 'gone', undefined, now) ?? '', /program that started it is gone/);
  assert.is(reasonToSweep('running', 'unknown', undefined, now), null);
  assert.is(reasonToSweep('running', 'unknown', 'nonsense', now), null);
  assert.is(reasonToSweep('running', 'unknown', `${now - 9 * minute}`, now), null);
  assert.match(reasonToSweep('running', 'unknown', `${now - 11 * minute}`, now) ?? '', /deadline/);
  assert.match(reasonToSweep('dead', 'alive', `${now + minute}`, now) ?? '', /begun to remove it/);
});

test('which images are garbage', () => {
  const image = {
    id: 'i',
    tag: 'nisher-runner:d',
    names: ['nisher-runner:d'],
    digest: 'd',
    runner: 'r',
    base: null,
    node: 'v20',
    sizeInBytes: 1,
    created: new Date(0),
    packages: null,
    used: null,
  };
  const day = 24 * 3600 * 1000;
  const now = 100 * day;
  assert.is(reasonToRemove(image, 'r', 'd', now), null);
  assert.match(reasonToRemove({ ...image, tag: '0123456789ab' }, 'r', 'd', now) ?? '', /newer build/);
  assert.match(reasonToRemove(image, 'r2', 'd', now) ?? '', /another version/);
  assert.match(reasonToRemove(image, 'r', 'd2', now) ?? '', /another Node/);
  assert.is(reasonToRemove({ ...image, base: 'debian:12' }, 'r', 'd2', now), null);
  assert.match(reasonToRemove({ ...image, base: 'debian:12' }, 'r2', 'd2', now) ?? '', /another version/);
  const packages = { ...image, packages: 'p', used: new Date(now - 7 * day) };
  assert.is(reasonToRemove(packages, 'r', 'd', now), null);
  assert.match(reasonToRemove(packages, 'r', 'd', now + day) ?? '', /not been used for 8 days/);
  assert.match(reasonToRemove({ ...packages, used: null }, 'r', 'd', now) ?? '', /not been used for 100 days/);
});
