import * as assert from 'uvu/assert';
import { parseKey, parseNumber } from '../../src/engine/cgroup-counters.js';
import { type CgroupFolders, findCgroup } from '../../src/engine/cgroup-path.js';
import { watchOomKills } from '../../src/engine/oom-watch.js';
import { suite } from '../harness.js';

const { test } = suite('engine cgroup');

const id = '4e1ae8b440c8d7f0c1f2a3b4c5d6e7f84e1ae8b440c8d7f0c1f2a3b4c5d6e7f8';

const v1Mounts = `23 1 8:1 / / rw - ext4 /dev/root rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const v1CoMounts = `33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
`;
const v2Mounts = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

const v1 = (path: string, cpuacct = 'cpuacct') =>
  `12:pids:${path}\n9:memory:${path}\n3:${cpuacct}:${path}\n1:name=systemd:${path}\n0::/x\n`;
const under = (path: string, cpuacct = 'cpuacct'): CgroupFolders => ({
  version: 1,
  cpuacct: `/sys/fs/cgroup/${cpuacct}${path}`,
  memory: `/sys/fs/cgroup/memory${path}`,
  pids: `/sys/fs/cgroup/pids${path}`,
});
const unified = (path: string): CgroupFolders => ({ version: 2, unified: `/sys/fs/cgroup${path}` });

const table: readonly [string, string, string, CgroupFolders | null][] = [
  ['v1, cgroupfs driver', v1(`/docker/${id}`), v1Mounts, under(`/docker/${id}`)],
  ['v1, systemd driver', v1(`/system.slice/docker-${id}.scope`), v1Mounts, under(`/system.slice/docker-${id}.scope`)],
  ['v1, controllers mounted together', v1(`/docker/${id}`, 'cpu,cpuacct'), v1CoMounts, under(`/docker/${id}`, 'cpu,cpuacct')],
  ['v1, a cgroup made inside', v1(`/docker/${id}/inner`), v1Mounts, under(`/docker/${id}`)],
  ['v2, cgroupfs driver', `0::/docker/${id}\n`, v2Mounts, unified(`/docker/${id}`)],
  ['v2, systemd driver', `0::/system.slice/docker-${id}.scope\n`, v2Mounts, unified(`/system.slice/docker-${id}.scope`)],
  [
    'v2, rootless',
    `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${id}.scope\n`,
    v2Mounts,
    unified(`/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${id}.scope`),
  ],
  [
    'v2, Podman with crun',
    `0::/machine.slice/libpod-${id}.scope/container\n`,
    v2Mounts,
    unified(`/machine.slice/libpod-${id}.scope`),
  ],
  ['v2, Podman with cgroupfs', `0::/libpod_parent/libpod-${id}\n`, v2Mounts, unified(`/libpod_parent/libpod-${id}`)],
  [
    'v2, a part of the tree mounted elsewhere',
    `0::/outer/docker/${id}\n`,
    '30 23 0:26 /outer /my\\040cgroups rw - cgroup2 cgroup2 rw\n',
    { version: 2, unified: `/my cgroups/docker/${id}` },
  ],
  ['another process', '0::/system.slice/ssh.service\n', v2Mounts, null],
  ['another container', `0::/docker/${id.replaceAll('4', '5')}\n`, v2Mounts, null],
  ['outside of the part that is mounted', `0::/docker/${id}\n`, '30 23 0:26 /outer /cg rw - cgroup2 cgroup2 rw\n', null],
  ['seen from within another cgroup namespace', `0::/../docker/${id}\n`, v2Mounts, null],
  ['v1 without a memory controller mounted', v1(`/docker/${id}`), v1Mounts.replace(/^.*memory.*\n/m, ''), null],
  ['nothing mounted', `0::/docker/${id}\n`, '', null],
  ['no text', '', v2Mounts, null],
];

for (const [name, processCgroup, mounts, expected] of table) {
  test(name, () => assert.equal(findCgroup(processCgroup, mounts, id), expected));
}

const cpuStat = 'usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnr_periods 0\n';
const memoryEvents = 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n';
const oomControl = 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n';

const keys: readonly [string, string, number][] = [
  [cpuStat, 'usage_usec', 1234567],
  [memoryEvents, 'oom_kill', 2],
  [oomControl, 'oom_kill', 4],
  ['max 7\n', 'max', 7],
  // Kernels before 4.13 do not count.
  ['oom_kill_disable 0\nunder_oom 0\n', 'oom_kill', 0],
  ['', 'max', 0],
];

for (const [text, key, expected] of keys) {
  test(`${key} of ${JSON.stringify(text)}`, () => assert.is(parseKey(text, key), expected));
}

test('a file with one number', () => {
  assert.is(parseNumber('0\n'), 0);
  assert.is(parseNumber('9007199254740991\n'), Number.MAX_SAFE_INTEGER);
  for (const text of ['', '\n', 'max\n', '-1\n', '1 2\n']) assert.throws(() => parseNumber(text), /Expected a number/);
});

test('a cgroup that cannot be watched is no error: its counters are read all the same', () => {
  const stop = watchOomKills('/nowhere', () => assert.unreachable());
  stop();
});
