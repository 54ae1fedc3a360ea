import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { enforceLimits } from '../support/spawned.js';

const { cases, test, after } = hostileSuite('information from outside');

// Two secrets of this program: nothing in a container may tell them.
const secret = randomBytes(12).toString('hex');
process.env.NISHER_TEST_SECRET = secret;
const folder = mkdtempSync(path.join(tmpdir(), 'nisher-secret-'));
const file = path.join(folder, 'secret.txt');
writeFileSync(file, secret);
after(() => {
  delete process.env.NISHER_TEST_SECRET;
  rmSync(folder, { recursive: true });
});

const none = '0000000000000000';
cases({
  'it is nobody in particular, and may do nothing in particular': {
    call: guest('information/describes-itself'),
    expected: {
      exitStatus: 0,
      result: {
        hostname: 'nisher',
        user: 'nisher',
        ids: [1000, 1000, 1000, 1000],
        groups: [1000],
        capabilities: [none, none, none, none, none],
        noNewPrivileges: '1',
        seccomp: '2',
        environment: ['HOME', 'PATH'],
      },
    },
  },
  "the host's environment is in no process that it can see": {
    call: guest('information/reads-everything-of-processes'),
    expected: { exitStatus: 0 },
    check({ result }) {
      assert.match(result as string, /HOME=\/tmp/);
      assert.not.match(result as string, secret);
      assert.not.match(result as string, 'NISHER_TEST_SECRET');
    },
  },
  "the host's files are not there": {
    call: guest('information/reads-files'),
    args: [[file, '/etc/shadow', '/root/.bashrc', '/proc/1/root/etc/shadow', `/proc/self/cwd/../..${file}`]],
    expected: {
      exitStatus: 0,
      result: {
        [file]: 'ENOENT',
        '/etc/shadow': 'ENOENT',
        '/root/.bashrc': 'ENOENT',
        '/proc/1/root/etc/shadow': 'ENOENT',
        [`/proc/self/cwd/../..${file}`]: 'ENOENT',
      },
    },
  },
  'the root has what the image has': {
    call: guest('information/lists-folder'),
    args: ['/'],
    expected: { exitStatus: 0 },
    check: ({ result }) =>
      assert.not.ok(['root', 'home', 'var', 'mnt', 'work'].some((name) => (result as string[]).includes(name))),
  },
  'there are no devices but harmless ones': {
    call: guest('information/lists-folder'),
    args: ['/dev'],
    expected: { exitStatus: 0 },
    check({ result }) {
      // A link to /proc/kcore, which is masked, where the kernel has it.
      const names = (result as string[]).filter((name) => name !== 'core');
      assert.equal(names, 'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' '));
    },
  },
  "the kernel's memory, keys and timers are masked": {
    call: guest('information/reads-files'),
    args: [['/proc/kcore', '/proc/keys', '/proc/timer_list']],
    expected: { exitStatus: 0 },
    check: ({ result }) =>
      assert.ok(
        Object.values(result as object).every((read) => read === 0 || ['ENOENT', 'EACCES', 'EPERM'].includes(read)),
        JSON.stringify(result),
      ),
  },
  "the firmware's tables and devices are masked": {
    call: guest('information/lists-folder'),
    args: ['/sys/firmware'],
    expected: { exitStatus: 0, result: [] },
  },
  "the kernel's log is not there": {
    call: guest('information/reads-files'),
    args: [['/dev/kmsg', '/dev/mem', '/dev/port', '/proc/kmsg']],
    expected: { exitStatus: 0 },
    check: ({ result }) =>
      assert.ok(
        Object.values(result as object).every((read) => ['ENOENT', 'EACCES', 'EPERM'].includes(read)),
        JSON.stringify(result),
      ),
  },
  "the kernel's addresses are hidden": {
    call: guest('information/reads-kernel-addresses'),
    expected: { exitStatus: 0, result: 'hidden' },
  },
  "other processes' memory is out of sight": {
    call: guest('information/reads-files'),
    args: [[`/proc/${process.pid}/environ`, `/proc/${process.ppid}/environ`]],
    expected: {
      exitStatus: 0,
      result: { [`/proc/${process.pid}/environ`]: 'ENOENT', [`/proc/${process.ppid}/environ`]: 'ENOENT' },
    },
  },
  'no descriptor leads out of the container': {
    call: guest('information/lists-descriptors'),
    expected: { exitStatus: 0 },
    check({ result }) {
      const harmless = ['/dev/null', 'anon_inode', 'pipe', 'socket', 'closed'];
      assert.equal(
        (result as string[]).filter((kind) => !harmless.includes(kind)),
        [],
      );
    },
  },
  'no cgroup file can be written': {
    call: guest('file-system/touches-kernel-files'),
    args: [['/sys/fs/cgroup']],
    expected: { exitStatus: 0, result: { tried: true, writable: [] } },
  },
});

test('nothing of a call that runs at the same time can be found', async () => {
  const [theirs, own] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
  const backwards = (word: string) => word.split('').reverse().join('');
  const ended = new AbortController();
  const keeps = enforceLimits({ wallTimeInS: 120, env: { SECRET: theirs }, signal: ended.signal })(
    guest('information/keeps-secret'),
  );
  const searches = enforceLimits({ wallTimeInS: 90, memInMb: 256 })(guest('information/searches-for'));
  const { docker } = await connect(null);
  const other = keeps.run(theirs);
  for await (const _ of other) {
    // It has all its secrets in place; that its container is there, and others, is one more thing that nobody else is to know of.
    const foreign = [theirs, ...(await docker.listContainers()).map(({ Id }) => Id)];
    const folders = ['/proc', '/sys', '/tmp', '/dev', '/app', '/etc', '/nisher'];
    const outcome = await searches.run([own, ...foreign].map(backwards), folders);
    const { searched, found } = outcome.unwrap() as { searched: number; found: { [word: string]: string[] } };
    // What is to be found is found.
    const places = (found[backwards(own)] ?? []).map((place) => place.replace(/\d+/, 'PID'));
    for (const place of ['/proc/PID/environ', '/proc/PID/cmdline', `/tmp/${own}`.replace(/\d+/, 'PID')])
      assert.ok(places.includes(place), `${place} is not among ${places.join()}; ${searched} files were searched`);
    assert.ok(foreign.length > 1);
    assert.equal(
      foreign.flatMap((word) => found[backwards(word)] ?? 'not searched for'),
      [],
    );
    ended.abort();
  }
  assert.is((await other).exitStatus, 'SignalException');
});

test('fresh memory holds nothing of another call', async () => {
  const mark = randomBytes(16).toString('hex');
  const writes = enforceLimits({ wallTimeInS: 60 })((text: string) => Buffer.alloc(50 * 2 ** 20, text).length);
  const reads = enforceLimits({ wallTimeInS: 60 })(guest('information/reads-fresh-memory'));
  assert.is(await writes(mark), 50 * 2 ** 20);
  // Reversed, so that the arguments are not what is found.
  assert.is((await reads.run(mark.split('').reverse().join(''))).unwrap(), false);
});
