import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readlinkSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { RUNNER_PATH } from '../../src/engine/container-options.js';
import { findContainerPipes } from '../../src/engine/container-pipes.js';
import { suite } from '../harness.js';
import { killGroup } from '../support/process-group.js';

/** Of processes that are no container's: "/" is in the path of every cgroup. The real ones: test/engine/engine-streams.test.ts. */
const { test, before, after } = suite('engine pipes');
const ANY_CGROUP = '/';
const NO_PROC = existsSync('/proc/self/fd') ? null : 'there is no /proc';

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nisher-pipes-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function makePipe(): { name: string; descriptor: number } {
  const name = path.join(folder, `${++made}`);
  execFileSync('mkfifo', [name]);
  // Open for both, so that neither end waits for the other.
  return { name, descriptor: openSync(name, constants.O_RDWR | constants.O_NONBLOCK) };
}

function readFrom(descriptor: number): string | null {
  const bytes = Buffer.alloc(10);
  try {
    return bytes.toString('latin1', 0, readSync(descriptor, bytes));
  } catch {
    // Nothing there yet.
    return null;
  }
}

/** A shell with three pipes, which on SIGUSR1 puts the fourth in the place of its stdout. */
async function startShell(name: string) {
  const pipes = [makePipe(), makePipe(), makePipe(), makePipe()] as const;
  const [stdin, stdout, stderr, other] = pipes;
  const script = `trap 'exec >>${other.name}' USR1; echo up; while :; do sleep 0.05; done`;
  const child: ChildProcess = spawn('sh', ['-c', script, name], {
    stdio: [stdin.descriptor, stdout.descriptor, stderr.descriptor],
    detached: true,
  });
  await once(child, 'spawn');
  while (readFrom(stdout.descriptor) !== 'up\n') await sleep(10);
  const end = async () => {
    killGroup(child.pid as number);
    await once(child, 'exit');
    for (const { descriptor } of pipes) closeSync(descriptor);
  };
  return { pid: child.pid as number, child, stdin, stdout, other, end };
}

test(
  "finds a runner's pipes, and no other process's",
  async () => {
    const runner = await startShell(RUNNER_PATH);
    const another = await startShell('another');
    try {
      assert.is(findContainerPipes(runner.pid, 'of no container'), null);
      assert.is(findContainerPipes(another.pid, ANY_CGROUP), null);
      assert.is(findContainerPipes(2 ** 22 + 1, ANY_CGROUP), null);
      const pipes = findContainerPipes(runner.pid, ANY_CGROUP);
      if (pipes === null) throw new Error('not found');
      assert.ok(pipes.writeStdin(Buffer.from('in')));
      assert.is(readFrom(runner.stdin.descriptor), 'in');
      pipes.closeStdin();
      assert.not(pipes.writeStdin(Buffer.from('late')));
    } finally {
      await runner.end();
      await another.end();
    }
  },
  { unless: NO_PROC },
);

test(
  'does not write to what the process has put in the place of an output',
  async () => {
    const { pid, child, stdout, other, end } = await startShell(RUNNER_PATH);
    try {
      const pipes = findContainerPipes(pid, ANY_CGROUP);
      assert.ok(pipes !== null);
      const outputs = pipes.openOutputs();
      assert.ok(outputs?.write(Buffer.from('end')));
      assert.is(readFrom(stdout.descriptor), 'end');
      child.kill('SIGUSR1');
      while (readlinkSync(`/proc/${pid}/fd/1`) !== other.name) await sleep(10);
      assert.is(pipes.openOutputs(), null);
      pipes.closeStdin();
    } finally {
      await end();
    }
  },
  { unless: NO_PROC },
);

test(
  'a file in the place of a pipe is none',
  async () => {
    const child = spawn('sh', ['-c', 'read line', RUNNER_PATH], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    assert.is(findContainerPipes(child.pid as number, ANY_CGROUP), null);
    child.kill('SIGKILL');
    await once(child, 'exit');
  },
  { unless: NO_PROC },
);
