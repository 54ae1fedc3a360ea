import * as assert from 'uvu/assert';
import { checkEngineInfo } from '../../src/cli/doctor-checks.js';
import { probes } from '../../src/cli/doctor-probes.js';
import { judgeSwap, type SwapSeen } from '../../src/cli/doctor-swap.js';
import { type Setting, warningsAbout } from '../../src/cli/doctor-warnings.js';
import type { EngineInfo } from '../../src/engine/engine-info.js';
import { parseEngineUrl } from '../../src/engine/engine-url.js';
import { makeException } from '../../src/exceptions.js';
import type { Outcome } from '../../src/index.js';
import { suite } from '../harness.js';

const { test } = suite('doctor: what an engine says of itself');

const well: EngineInfo = {
  name: 'vm',
  flavour: 'docker',
  version: '26.1.5',
  apiVersion: '1.45',
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
  ['no seccomp', { securityOptions: ['name=apparmor'] }, ['seccomp']],
  ['seccomp without a profile', { securityOptions: ['name=seccomp,profile=unconfined'] }, ['seccomp']],
  ['several at once', { cgroupVersion: null, securityOptions: [] }, ['cgroups', 'seccomp']],
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

test('which access control', () => {
  const found = (securityOptions: string[]) =>
    checkEngineInfo({ ...well, securityOptions }).find(({ name }) => name === 'access control')?.found;
  assert.match(found(['name=seccomp,profile=default']) ?? '', /^neither/);
  assert.is(found(['name=apparmor', 'name=seccomp,profile=default']), 'apparmor');
  assert.is(found(['name=selinux']), 'selinux');
});

const at = (url: string, tls: Parameters<typeof parseEngineUrl>[2] = null): Partial<Setting> => ({
  endpoint: parseEngineUrl(url, 'test', tls),
});
const files = { ca: null, cert: null, key: null, verify: true };
const says = (warnings: string[]): Partial<Setting> => ({ info: { ...well, warnings } });
const profile = (name: string): Partial<Setting> => ({
  info: { ...well, securityOptions: [`name=seccomp,profile=${name}`] },
});

const old = (): Partial<Setting> => ({ info: { ...well, version: '20.10.24' } });

/** What is set otherwise → the one warning's name and words; null: there is none. */
const weaknesses: [string, Partial<Setting>, [string, RegExp] | null][] = [
  ['all is well', {}, null],
  ['a socket that everybody may write to', { socketMode: 0o140666 }, ['socket', /every user .*docker\.sock.* is root/]],
  [
    'the same of a rootless engine',
    { socketMode: 0o140666, info: { ...well, rootless: true } },
    ['socket', /engine's user's rights/],
  ],
  ['a socket for its group', { socketMode: 0o140660 }, null],
  ['TCP without TLS', at('tcp://10.0.0.5:2375'), ['connection', /no TLS: whoever reaches that port/]],
  ['TCP without TLS, on this machine', at('tcp://127.0.0.1:2375'), ['connection', /every program of this machine/]],
  ['TCP with TLS', at('tcp://10.0.0.5:2376', files), null],
  [
    'TLS that checks nothing',
    at('tcp://10.0.0.5:2376', { ...files, verify: false }),
    ['connection', /certificate is not checked/],
  ],
  ['ssh', at('ssh://me@host'), null],
  ['a default runtime that is not known', { info: { ...well, defaultRuntime: 'nvidia' } }, ['runtime', /`nvidia`/]],
  ['another one asked for', { info: { ...well, defaultRuntime: 'nvidia' }, runtime: 'runsc' }, null],
  ['gVisor on another platform', { runtime: 'runsc-kvm' }, null],
  ['Kata', { runtime: 'kata-qemu' }, null],
  ["containerd's name for runc", { runtime: 'io.containerd.runc.v2' }, null],
  ['a name that only begins like a known one', { runtime: 'runcible' }, ['runtime', /`runcible`/]],
  ['an engine that does not say', { info: { ...well, defaultRuntime: '' } }, null],
  ['a seccomp profile of its own', profile('/etc/docker/mine.json'), ['seccomp profile', /mine\.json, not the engine's own/]],
  ["a newer engine's name for the default one", profile('builtin'), null],
  ['the default one of an older engine', old(), ['seccomp profile', /^Docker 20\.10\.24's own: it allows io_uring/]],
  ['the same where rings are switched off', { ...old(), ioUringDisabled: '2' }, null],
  ['for all but a group', { ...old(), ioUringDisabled: '1' }, null],
  ['for nobody', { ...old(), ioUringDisabled: '0' }, ['seccomp profile', /io_uring/]],
  ['with a kernel in between', { ...old(), runtime: 'runsc' }, null],
  ["another engine's, by a number of its own", { info: { ...well, flavour: 'podman', version: '4.3.1' } }, null],
  ['none: the check fails, a warning is not needed', profile('unconfined'), null],
  [
    'an API without encryption beside the socket',
    says(['WARNING: API is accessible on http://0.0.0.0:2375 without encryption.\n Access is equivalent to root access.']),
    ['engine says', /^API is accessible on http:\/\/0\.0\.0\.0:2375/],
  ],
  ['a limit that is not kept', says(['WARNING: No memory limit support']), ['engine says', /^No memory limit support/]],
  ['CPU quotas that are not kept', says(['WARNING: No cpu cfs quota support']), ['engine says', /quota/]],
  [
    'what is none of our business',
    says(['WARNING: bridge-nf-call-iptables is disabled', 'WARNING: No blkio weight support']),
    null,
  ],
];

for (const [name, change, expected] of weaknesses) {
  test(`warnings: ${name}`, () => {
    const setting: Setting = {
      info: well,
      endpoint: parseEngineUrl('unix:///var/run/docker.sock', 'test', null),
      socketMode: 0o140660,
      ioUringDisabled: null,
      runtime: null,
      ...change,
    };
    const warnings = warningsAbout(setting);
    assert.equal(
      warnings.map((check) => check.name),
      expected === null ? [] : [expected[0]],
    );
    for (const { ok, warning, found, hint } of warnings) {
      assert.equal([ok, warning], [true, true], 'no failure');
      assert.match(found, expected?.[1] ?? '');
      assert.ok(hint, 'and what to do');
    }
  });
}

test('a memory limit that is kept is no failure where the engine does not tell why a function was killed', () => {
  const probe = probes.find(({ name }) => name === 'memory limit');
  const judge = (outcome: Partial<Outcome>) =>
    probe?.judge(
      { peakMemory: 0, exitCode: 137, error: makeException('AnythingException', 'killed'), ...outcome } as Outcome,
      well,
    );
  assert.equal(judge({ meter: 'cgroup', exitStatus: 'MemorylimitException', peakMemory: 2 ** 27 }), {
    ok: true,
    found: 'ended at 128 of 128 MB',
  });
  assert.equal(judge({ meter: 'engine', exitStatus: 'AnythingException' })?.warning, true);
  assert.is(judge({ meter: 'cgroup', exitStatus: 'AnythingException' })?.ok, false);
  assert.is(judge({ meter: 'engine', exitStatus: 'AnythingException', exitCode: 1 })?.ok, false);
  assert.is(judge({ meter: 'engine', exitStatus: 0, exitCode: 0 })?.ok, false);
});

const noSwap = 'Filename\tType\tSize\tUsed\tPriority';
const oneSwap = `${noSwap}\n/swapfile file 524284 0 -2`;
const nothingShows: SwapSeen = { places: null, swapMax: null, limit: null, limitWithSwap: null };
/** What shows in a container, whether the engine says that it can limit swap → whether that is well, and what is found. */
const swaps: [string, Partial<SwapSeen>, swapLimit: boolean, ok: boolean, RegExp][] = [
  ['off, version 2', { places: oneSwap, swapMax: '0' }, true, true, /is off/],
  ['off, and Podman denies it', { places: oneSwap, swapMax: '0' }, false, true, /is off/],
  ['off, version 1', { places: oneSwap, limit: '134217728', limitWithSwap: '134217728' }, true, true, /is off/],
  ['on, version 2', { places: oneSwap, swapMax: 'max' }, true, false, /can use swap/],
  ['on, version 1', { places: oneSwap, limit: '134217728', limitWithSwap: '268435456' }, true, false, /can use swap/],
  ['not accounted', { places: oneSwap, limit: '134217728' }, true, false, /can use swap/],
  ['not accounted, and none there', { places: noSwap, limit: '134217728' }, false, true, /machine has no swap/],
  ['gVisor shows nothing', {}, true, true, /as the engine says/],
  ['nor does the engine know', {}, false, false, /can use swap/],
];
for (const [name, seen, swapLimit, ok, found] of swaps) {
  test(`swap: ${name}`, () => {
    const check = judgeSwap({ ...nothingShows, ...seen }, { ...well, swapLimit });
    assert.is(check.ok, ok);
    assert.match(check.found, found);
    assert.is(check.hint !== undefined, !ok);
  });
}

test('a function that was kept from looking around is a failure that says why', () => {
  for (const name of ['isolation', 'swap limit']) {
    const error = makeException('MemorylimitException', 'Out of memory', { hint: 'Raise it' });
    const outcome = { exitStatus: 'MemorylimitException', result: null, error } as Outcome;
    const check = probes.find((probe) => probe.name === name)?.judge(outcome, well);
    assert.is(check?.ok, false, name);
    assert.match(check?.found ?? '', /^Out of memory/);
  }
});
