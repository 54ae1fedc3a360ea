import * as assert from 'uvu/assert';
import { checkEngineInfo } from '../../src/cli/doctor-checks.js';
import type { EngineInfo } from '../../src/engine/engine-info.js';
import { suite } from '../harness.js';

const { test } = suite('doctor: what an engine says of itself');

const well: EngineInfo = {
  name: 'vm',
  flavour: 'docker',
  version: '20.10.24',
  apiVersion: '1.41',
  operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
  arch: 'x64',
  cgroupVersion: '1',
  cgroupDriver: 'cgroupfs',
  cores: 2,
  memInBytes: 2 ** 33,
  securityOptions: ['name=seccomp,profile=default'],
  runtimes: ['runc'],
  defaultRuntime: 'runc',
  swapLimit: true,
  storageDriver: 'overlay2',
  rootless: false,
  warnings: [],
};

const table: [string, Partial<EngineInfo>, failing: string[]][] = [
  ['all is well', {}, []],
  ['cgroup v2, a newer API', { cgroupVersion: '2', cgroupDriver: 'systemd', apiVersion: '1.100' }, []],
  ['an old API: 1.9 is before 1.41', { apiVersion: '1.9' }, ['API']],
  ['rootless without delegation', { cgroupDriver: 'none', rootless: true }, ['cgroups']],
  ['no cgroup version', { cgroupVersion: null }, ['cgroups']],
  ['swap is not accounted', { swapLimit: false }, ['swap limit']],
  ['no seccomp', { securityOptions: ['name=apparmor'] }, ['seccomp']],
  ['seccomp without a profile', { securityOptions: ['name=seccomp,profile=unconfined'] }, ['seccomp']],
  ['several at once', { swapLimit: false, securityOptions: [] }, ['swap limit', 'seccomp']],
];

for (const [name, change, failing] of table) {
  test(name, () => {
    const problems = checkEngineInfo({ ...well, ...change }).filter(({ ok }) => !ok);
    assert.equal(
      problems.map((check) => check.name),
      failing,
    );
    for (const { hint } of problems) assert.ok(hint, 'a problem has a hint');
  });
}

test('which user namespace', () => {
  const found = (change: Partial<EngineInfo>) =>
    checkEngineInfo({ ...well, ...change }).find(({ name }) => name === 'user namespace')?.found;
  assert.match(found({}) ?? '', /^none/);
  assert.is(found({ securityOptions: ['name=userns'] }), 'remapped');
  assert.is(found({ rootless: true }), 'rootless engine');
});
