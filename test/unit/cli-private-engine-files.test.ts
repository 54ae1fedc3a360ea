import * as assert from 'uvu/assert';
import {
  daemonConfig,
  failedOnStorage,
  isPrivateDockerd,
  leftoverMounts,
  missingControllers,
} from '../../src/engine/private-engine-files.js';
import { suite } from '../harness.js';

const { test } = suite('files of the private engine');
const paths = { runFolder: '/run/nisher', dataFolder: '/var/lib/nisher' };

test('every path of the configuration is in its two folders', () => {
  const strings = Object.values(daemonConfig(paths, 'overlay2')).flat().map(String);
  const absolute = strings.filter((value) => value.includes('/'));
  assert.is(absolute.length, 4);
  for (const value of absolute) assert.match(value, /^(unix:\/\/)?(\/run\/nisher|\/var\/lib\/nisher)(\/|$)/);
});

const commandLines: [string, string[], boolean][] = [
  ['ours', ['dockerd', '--config-file', '/run/nisher/daemon.json', '--x', 'y'], true],
  ['ours, by its path', ['/usr/sbin/dockerd', '--config-file', '/run/nisher/daemon.json'], true],
  ["the system's", ['dockerd', '-H', 'fd://'], false],
  ['a dockerd with another configuration', ['dockerd', '--config-file', '/etc/docker/daemon.json'], false],
  ['an editor with our file open', ['vim', '/run/nisher/daemon.json'], false],
  ['a program that only looks like it', ['grep', 'dockerd', '--config-file', '/run/nisher/daemon.json'], false],
  ['a process that is gone', [''], false],
];
for (const [name, words, expected] of commandLines) {
  test(name, () => assert.is(isPrivateDockerd(`${words.join('\0')}\0`, '/run/nisher/daemon.json'), expected));
}

const v1 = (controller: string) =>
  `30 25 0:26 / /sys/fs/cgroup/${controller} rw,relatime shared:9 - cgroup cgroup rw,${controller}`;
const mounts: [string, string[], string[]][] = [
  ['cgroup v2', ['29 22 0:25 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate'], []],
  ['cgroup v1', ['memory', 'pids', 'cpu,cpuacct', 'devices'].map(v1), []],
  ['cgroup v1 without pids', ['memory', 'cpu', 'cpuacct', 'devices'].map(v1), ['pids']],
  [
    'v1 beside an empty v2 (hybrid)',
    [v1('memory'), '31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw'],
    ['pids', 'cpu', 'cpuacct', 'devices'],
  ],
  ['none at all', ['22 1 8:1 / / rw - ext4 /dev/sda1 rw'], ['memory', 'pids', 'cpu', 'cpuacct', 'devices']],
];
for (const [name, lines, missing] of mounts) {
  test(`controllers: ${name}`, () => assert.equal(missingControllers(lines.join('\n')), missing));
}

const mountTables: [string, string[], string[]][] = [
  [
    'below the folder, the deepest first; not beside it',
    ['1 0 8:1 / /', '2 1 0:1 / /data', '3 2 0:2 / /data/a', '4 3 0:3 / /data/a/b', '5 1 0:4 / /data2/c'],
    ['/data/a/b', '/data/a'],
  ],
  ['the folder on itself', ['1 0 8:1 / /', '2 1 8:1 /data /data'], ['/data']],
  ['twice on itself', ['1 0 8:1 / /', '2 1 8:1 /data /data', '3 2 8:1 /data /data'], ['/data', '/data']],
  ['on itself, its file system being a subvolume', ['1 0 0:9 /@root /', '2 1 0:9 /@root/data /data'], ['/data']],
  ["a disk of the user's", ['1 0 8:1 / /', '2 1 8:2 / /data'], []],
  ["a folder of the user's", ['1 0 8:1 / /', '2 1 8:1 /big/disk /data'], []],
];
for (const [name, mountinfo, leftovers] of mountTables) {
  const text = mountinfo.map((line) => `${line} rw - ext4 /dev/x rw`).join('\n');
  test(`leftover mounts: ${name}`, () => assert.equal(leftoverMounts('/data', text), leftovers));
}

test('a log that blames the storage driver', () => {
  assert.ok(failedOnStorage('failed to start daemon: error initializing graphdriver: driver not supported'));
  assert.ok(
    failedOnStorage('level=error msg="\'overlay\' not found as a supported filesystem on this host" storage-driver=overlay2'),
  );
  assert.not(failedOnStorage("failed to start daemon: Devices cgroup isn't mounted"));
});
