import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { type DockerEngine, openDockerEngine } from '../../src/engine/docker-engine.js';
import { suite } from '../harness.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { noCgroup, noKernelOfTheHost, noOwnHosts, noSocket } from '../support/engine-under-test.js';
import { patience } from '../support/patience.js';
import { isStep } from '../support/steps.js';
import { buildVolumeImage, removeVolumeImage } from '../support/volume-image.js';
import { cgroupOf, finish, inspect, printed, specOf } from './engine-sandbox.js';

const { test, before } = suite('engine limits');

let engine: DockerEngine;
before(async () => {
  engine = await openDockerEngine();
});

const MIB = 2 ** 20;
const WAIT = "console.log('up'); process.stdin.resume()";

test(
  'limits are what the engine and the kernel say they are',
  async () => {
    const sandbox = await engine.start(
      specOf(WAIT, {
        memInBytes: 96 * MIB,
        cpus: 0.5,
        extraTasks: 3,
        cpuBackstopInS: { soft: 7, hard: 9 },
        scratchInBytes: 3 * MIB,
      }),
    );
    await printed(sandbox, /up/);
    const { HostConfig, State, Config } = await inspect(sandbox.id);
    assert.is(HostConfig.Memory, 96 * MIB);
    assert.is(HostConfig.NanoCpus, 5e8);
    assert.is(HostConfig.PidsLimit, 15);
    assert.is(HostConfig.ReadonlyRootfs, true);
    assert.is(HostConfig.AutoRemove, true);
    assert.is(HostConfig.LogConfig?.Type, 'none');
    // Only root may look at those of another user's process.
    for (const kind of process.getuid?.() === 0 ? ['pid', 'mnt', 'ipc', 'uts', 'net'] : [])
      assert.is.not(readlinkSync(`/proc/${State.Pid}/ns/${kind}`), readlinkSync(`/proc/self/ns/${kind}`), kind);
    assert.is(Config.Labels['nisher.owner']?.split(':')[3], `${process.pid}`);
    const folders = cgroupOf(State.Pid, sandbox.id);
    assert.ok(folders !== null, 'the cgroup can be seen');
    const read = (folder: string, file: string) => readFileSync(`${folder}/${file}`, 'utf8').trim();
    if (folders.version === 1) {
      assert.is(read(folders.memory, 'memory.limit_in_bytes'), `${96 * MIB}`);
      assert.is(read(folders.memory, 'memory.memsw.limit_in_bytes'), `${96 * MIB}`);
      assert.is(read(folders.pids, 'pids.max'), '15');
      const cpu = folders.cpuacct.replace('/cpuacct/', '/cpu/');
      assert.is(Number(read(cpu, 'cpu.cfs_quota_us')) / Number(read(cpu, 'cpu.cfs_period_us')), 0.5);
    } else {
      assert.is(read(folders.unified, 'memory.max'), `${96 * MIB}`);
      // With the systemd driver, crun keeps swap off in a cgroup below the one of the other limits.
      const below = `${folders.unified}/container`;
      assert.is(read(existsSync(below) ? below : folders.unified, 'memory.swap.max'), '0');
      assert.is(read(folders.unified, 'pids.max'), '15');
      const [quota, period] = read(folders.unified, 'cpu.max').split(' ');
      assert.is(Number(quota) / Number(period), 0.5);
    }
    sandbox.stdin.end();
    assert.is((await finish(sandbox)).exit.kind, 'exited');
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);

test(
  'seen from inside: nobody, without rights, network, cores or disk',
  async () => {
    const source = `
    const fs = require('node:fs');
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    const field = (name) => new RegExp('^' + name + ':\\\\s*(\\\\S+)', 'm').exec(status)[1];
    const attempt = (step) => { try { step(); return 'done'; } catch (error) { return error.code; } };
    console.log(JSON.stringify({
      uid: process.getuid(), caps: field('CapEff'), bounding: field('CapBnd'), noNewPrivs: field('NoNewPrivs'), seccomp: field('Seccomp'),
      limits: fs.readFileSync('/proc/self/limits', 'utf8').split('\\n').filter((line) => /core file|cpu time/.test(line)),
      root: attempt(() => fs.writeFileSync('/x', '')), etc: attempt(() => fs.writeFileSync('/etc/passwd', '')),
      tmp: attempt(() => fs.writeFileSync('/tmp/x', Buffer.alloc(1e6))), tooMuch: attempt(() => fs.writeFileSync('/tmp/y', Buffer.alloc(5e6))),
      app: attempt(() => fs.writeFileSync('/app/x', '')), shm: attempt(() => fs.writeFileSync('/dev/shm/y', Buffer.alloc(5e6))),
      run: attempt(() => fs.writeFileSync('/run/y', Buffer.alloc(5e6))), varTmp: attempt(() => fs.writeFileSync('/var/tmp/y', Buffer.alloc(5e6))),
      interfaces: Object.keys(require('node:os').networkInterfaces()), hostname: require('node:os').hostname(), cwd: process.cwd(),
      env: Object.keys(process.env).sort(), pid1: fs.readFileSync('/proc/1/comm', 'utf8').trim(), oomScore: fs.readFileSync('/proc/self/oom_score_adj', 'utf8').trim(),
      exec: attempt(() => { fs.copyFileSync(process.execPath, '/app/n'); }),
    }));`;
    const { stdout, stderr } = await finish(
      await engine.start(specOf(source, { scratchInBytes: 3 * MIB, cpuBackstopInS: { soft: 7, hard: 9 } })),
    );
    const seen = JSON.parse(stdout || `"${stderr}"`);
    assert.is(seen.uid, 1000);
    assert.is(BigInt(`0x${seen.caps}`), 0n);
    assert.is(BigInt(`0x${seen.bounding}`), 0n);
    assert.is(seen.noNewPrivs, '1');
    assert.is(seen.seccomp, '2');
    assert.match(seen.limits.join('\n'), /Max cpu time +7 +9 /);
    assert.match(seen.limits.join('\n'), /Max core file size +0 +0 /);
    assert.is(seen.root, 'EROFS');
    assert.is(seen.etc, 'EROFS');
    assert.is(seen.tmp, 'done');
    assert.is(seen.tooMuch, 'ENOSPC');
    assert.is(seen.shm, 'ENOSPC');
    // Not there at all, or Podman's own.
    assert.match(seen.run, /^(ENOENT|EROFS|EACCES|ENOSPC)$/);
    assert.match(seen.varTmp, /^(ENOENT|EROFS|EACCES|ENOSPC)$/);
    assert.is(seen.app, 'done');
    assert.is(seen.exec, 'ENOSPC', 'the code folder is no larger than it was said to be');
    assert.equal(seen.interfaces, ['lo']);
    assert.is(seen.hostname, 'nisher');
    assert.is(seen.cwd, '/app');
    assert.equal(
      seen.env.filter((name: string) => name !== 'container' && name !== 'TERM'),
      ['HOME', 'HOSTNAME', 'PATH'],
      'and two of Podman, that this is a container and about a terminal',
    );
    assert.is.not(seen.pid1, 'node');
    assert.is(seen.oomScore, '500');
  },
  { unless: noKernelOfTheHost },
);

test(
  "a network namespace of its own, with loopback alone, that goes by localhost's name",
  async () => {
    const source = `
      const fs = require('node:fs'), net = require('node:net');
      const server = net.createServer((socket) => socket.end('hello')).listen(0, 'localhost', () => {
        net.connect(server.address().port, 'localhost').on('data', (greeting) => {
          server.close();
          const lines = (file) => fs.readFileSync(file, 'utf8').trim().split('\\n');
          const routes = lines('/proc/net/route').length - 1, interfaces = lines('/proc/net/dev').slice(2).map((line) => line.trim().split(':')[0]);
          console.log(JSON.stringify({ namespace: fs.readlinkSync('/proc/self/ns/net'), routes, interfaces, greeting: String(greeting) }));
        });
      });`;
    const { stdout, stderr } = await finish(await engine.start(specOf(source)));
    const { namespace, routes, interfaces, greeting } = JSON.parse(stdout || `"${stderr}"`);
    assert.is(greeting, 'hello');
    assert.is(routes, 0);
    // Some kernels put a tunnel of their own, which leads nowhere, into each namespace.
    assert.ok(
      interfaces.includes('lo') && !interfaces.some((name: string) => /^(e|w|v|br|docker)/.test(name)),
      `${interfaces}`,
    );
    assert.is.not(namespace, readlinkSync('/proc/self/ns/net'));
  },
  { unless: noKernelOfTheHost },
);

test(
  'the network is left to the runtime, unless the engine refuses to mount what is its own',
  async () => {
    const { endpoint } = await connect(null);
    if (endpoint.kind !== 'unix') throw new Error('noSocket says otherwise');
    let asked = 0;
    await using proxy = await openEngineProxy(endpoint.path, (request) =>
      isStep('create', request) && ++asked === 2 ? { kind: 'refused', status: 403 } : undefined,
    );
    const proxied = await openDockerEngine({ engine: proxy.url });
    for (const isLeft of [true, false]) {
      const sandbox = await proxied.start(specOf(WAIT));
      const { Config, HostConfig, Mounts } = await inspect(sandbox.id);
      assert.is(Boolean((Config as { NetworkDisabled?: boolean }).NetworkDisabled), isLeft);
      assert.is(HostConfig.NetworkMode, 'none');
      const mounted = Mounts.map(({ Destination, RW }) => ({ Destination, RW }));
      assert.equal(mounted, isLeft ? [{ Destination: '/etc/hosts', RW: false }] : []);
      await sandbox.remove();
    }
    assert.is(asked, 3);
  },
  { unless: noSocket ?? noOwnHosts },
);

test('a volume that the image declares is not made: an empty folder, to be read', async () => {
  const connection = await connect(null);
  const image = await buildVolumeImage(connection);
  try {
    const volumes = async () => (await connection.docker.listVolumes()).Volumes?.length ?? 0;
    const before = await volumes();
    const source = `
      const fs = require('node:fs');
      const attempt = (step) => { try { return step(); } catch (error) { return error.code; } };
      console.log(JSON.stringify([fs.readdirSync('/volume'), attempt(() => fs.writeFileSync('/volume/x', ''))]));
      process.stdin.resume();`;
    const sandbox = await engine.start(specOf(source, { image }));
    const found = JSON.parse(await printed(sandbox, /\n/));
    // gVisor looks at the rights first.
    const refusal = noKernelOfTheHost === null ? 'EROFS' : 'EACCES';
    assert.equal([found, await volumes()], [[[], refusal], before]);
    await sandbox.remove();
  } finally {
    await removeVolumeImage(connection, image);
  }
});

test(
  'another network is had by its name',
  async () => {
    const source = "console.log(require('node:fs').readlinkSync('/proc/self/ns/net'))";
    const { stdout } = await finish(await engine.start(specOf(source, { network: 'host' })));
    assert.is(stdout.trim(), readlinkSync('/proc/self/ns/net'));
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);

test(
  'memory: the kernel kills, the counters and the exit say so',
  async () => {
    const source = `const held = []; process.stdin.once('data', () => { for (;;) held.push(Buffer.alloc(1e6, 1)); }); console.log('up');`;
    const sandbox = await engine.start(specOf(source, { memInBytes: 64 * MIB }));
    await printed(sandbox, /up/);
    assert.is(sandbox.meter, 'cgroup');
    const before = sandbox.usage();
    assert.ok(before !== null && before.oomKills === 0 && before.memInBytes < 64 * MIB && before.cpuInS > 0.01);
    sandbox.stdin.write('go');
    const { exit } = await finish(sandbox);
    assert.equal(exit, { kind: 'exited', exitCode: 137, oomKilled: true });
  },
  { unless: noCgroup },
);

test(
  'memory: a child alone killed counts, too',
  async () => {
    const source = `
    const { spawnSync } = require('node:child_process');
    const { signal } = spawnSync(process.execPath, ['-e', 'const held = []; for (;;) held.push(Buffer.alloc(1e6, 1))']);
    console.log(signal);
    process.stdin.resume();`;
    const sandbox = await engine.start(specOf(source, { memInBytes: 96 * MIB }));
    assert.match(await printed(sandbox, /\n/), /SIGKILL/);
    assert.ok((sandbox.usage()?.oomKills ?? 0) >= 1);
    assert.ok((sandbox.usage()?.peakInBytes ?? 0) > 90 * MIB);
    sandbox.stdin.end();
    // Podman does not tell of it, nor does the kernel by itself with version 1 of cgroups: there the counter read above is all there is.
    assert.equal((await finish(sandbox)).exit, { kind: 'exited', exitCode: 0, oomKilled: true });
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);

test(
  'processes: one too many is refused with EAGAIN, and counted; those allowed run',
  async () => {
    const source = `
    const { spawn } = require('node:child_process');
    // The thread pool has to be there before the limit can be exact.
    require('node:fs').stat('/', () => {
      const sleep = () => new Promise((resolve) => {
        const child = spawn('/usr/local/bin/node', ['--version']).once('error', (error) => resolve(error.code)).once('exit', (code) => resolve(code));
      });
      sleep().then((first) => { console.log(JSON.stringify(first)); process.stdin.resume(); });
    });`;
    const refused = await engine.start(specOf(source, { extraTasks: 0 }));
    assert.match(await printed(refused, /\n/), /EAGAIN/);
    assert.ok((refused.usage()?.pidsRefused ?? 0) >= 1);
    refused.stdin.end();
    await finish(refused);

    const allowed = await engine.start(specOf(source, { extraTasks: 11 }));
    assert.match(await printed(allowed, /\n/), /^0/);
    assert.is(allowed.usage()?.pidsRefused, 0);
    allowed.stdin.end();
    await finish(allowed);
  },
  { unless: noCgroup ?? noKernelOfTheHost },
);

test(
  'CPU time: read from the cgroup over all processes, and slowed down by a quota',
  async () => {
    const source = `
    const { spawnSync } = require('node:child_process');
    const burn = 'const used = () => { const { user, system } = process.cpuUsage(); return user + system; }; while (used() < 500000);';
    spawnSync(process.execPath, ['-e', burn]); spawnSync(process.execPath, ['-e', burn]);
    console.log('done'); process.stdin.resume();`;
    const sandbox = await engine.start(specOf(source, { cpus: 1 }));
    await printed(sandbox, /done/);
    const { cpuInS = 0 } = sandbox.usage() ?? {};
    assert.ok(cpuInS > 0.8 && cpuInS < 6 * patience, `${cpuInS} s`);
    sandbox.stdin.end();
    await finish(sandbox);

    const slowed = await engine.start(specOf("console.log('up'); for (;;);", { cpus: 0.25 }));
    await printed(slowed, /up/);
    const [from, since] = [slowed.usage()?.cpuInS ?? 0, performance.now()];
    await sleep(1200);
    const share = (((slowed.usage()?.cpuInS ?? 0) - from) * 1000) / (performance.now() - since);
    assert.ok(share > 0.02 && share < 0.35, `${share} cores`);
    await slowed.kill();
    await finish(slowed);
  },
  { unless: noCgroup },
);

test(
  'CPU time: the kernel keeps the backstop by itself',
  async () => {
    const { exit } = await finish(
      await engine.start(specOf('for (;;);', { cpuBackstopInS: { soft: patience, hard: 2 * patience } })),
    );
    assert.equal(exit, { kind: 'exited', exitCode: 152, oomKilled: false });
  },
  { unless: noKernelOfTheHost },
);

test(
  'the peak can be counted anew',
  async () => {
    const source = `
    let held = Buffer.alloc(80e6, 1);
    console.log('held');
    process.stdin.on('data', () => { held = null; gc(); setTimeout(() => console.log('freed'), 200); });`;
    const sandbox = await engine.start({
      ...specOf(source, { memInBytes: 200 * MIB }),
      nodeArguments: ['--expose-gc', '--eval', source],
    });
    await printed(sandbox, /held/);
    assert.ok((sandbox.usage()?.peakInBytes ?? 0) > 80e6);
    sandbox.stdin.write('free');
    await printed(sandbox, /freed/);
    sandbox.resetPeak();
    await sleep(50);
    const { peakInBytes = Number.POSITIVE_INFINITY, memInBytes = 0 } = sandbox.usage() ?? {};
    assert.ok(peakInBytes < 70e6, `${peakInBytes}`);
    assert.ok(peakInBytes >= memInBytes);
    sandbox.stdin.end();
    await finish(sandbox);
  },
  { unless: noCgroup },
);

test(
  'after the end there is nothing to read any more',
  async () => {
    const sandbox = await engine.start(specOf(''));
    await sandbox.exited;
    await sleep(300);
    assert.is(sandbox.usage(), null);
    sandbox.resetPeak();
    await finish(sandbox);
    assert.is(sandbox.usage(), null);
  },
  { unless: noCgroup },
);

test(
  'a reading takes microseconds',
  async () => {
    const sandbox = await engine.start(specOf(WAIT));
    await printed(sandbox, /up/);
    const since = performance.now();
    for (let n = 0; n < 1000; n++) sandbox.usage();
    const eachInUs = performance.now() - since;
    assert.ok(eachInUs < 1000 * patience, `${eachInUs} µs`);
    sandbox.stdin.end();
    await finish(sandbox);
  },
  { unless: noCgroup },
);
