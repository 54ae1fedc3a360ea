import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { findDockerd, startPrivateEngine, stopPrivateEngine } from '../../src/engine/private-engine.js';
import { suite } from '../harness.js';

// Folders of the test's own: a machine may have a private engine running, and the rest of the tests may be using it.
const folder = mkdtempSync(path.join(os.tmpdir(), 'nisher-'));
const paths = { runFolder: `${folder}/run`, dataFolder: `${folder}/data` };
const socket = `${folder}/run/docker.sock`;
const moduleUrl = new URL('../../src/engine/private-engine.ts', import.meta.url).href;

const { test, after } = suite('private engine');
const isRoot = process.getuid?.() === 0;
const onRoot: typeof test = Object.assign(
  (...[name, body, options]: Parameters<typeof test>) =>
    isRoot && findDockerd() !== null ? test(name, body, options) : test.skip(name, 'needs root and a dockerd'),
  { skip: test.skip },
);

after(async () => {
  if (isRoot) {
    await stopPrivateEngine({ purge: true }, paths);
    spawnSync('umount', [`${folder}/overlay/merged`]);
  }
  rmSync(folder, { recursive: true, force: true });
});

onRoot('two starts at once make one engine, which outlives its starters, and keeps to its folders', async () => {
  const [one, other] = await Promise.all([startElsewhere(), startElsewhere()]);
  assert.equal([one.started, other.started].sort(), [false, true]);
  assert.is(one.pid, other.pid);
  assert.is(one.endpoint, `unix://${socket}`);
  const info = await engineInfo();
  assert.is(info.DockerRootDir, paths.dataFolder);
  assert.ok(['overlay2', 'vfs'].includes(info.Driver), info.Driver);
  // No docker0 and no firewall of its own.
  assert.not.match(readFileSync(`${paths.runFolder}/dockerd.log`, 'utf8'), /iptables|docker0/);
});

onRoot('stop ends it, removes socket and pid file, and keeps its data; the second stop finds nothing', async () => {
  const { pid } = await startPrivateEngine(paths);
  assert.is((await stopPrivateEngine({}, paths)).stoppedPid, pid);
  assert.is(commandLineOf(pid), '');
  assert.not(existsSync(paths.runFolder));
  assert.ok(existsSync(`${paths.dataFolder}/image`));
  assert.is((await stopPrivateEngine({}, paths)).stoppedPid, null);
});

onRoot('a pid file that names somebody else ends nobody, and hinders no start', async () => {
  const bystander = spawn('sleep', ['60']);
  try {
    mkdirSync(paths.runFolder, { recursive: true });
    writeFileSync(`${paths.runFolder}/dockerd.pid`, String(bystander.pid));
    assert.is((await stopPrivateEngine({}, paths)).stoppedPid, null);
    mkdirSync(paths.runFolder, { recursive: true });
    writeFileSync(`${paths.runFolder}/dockerd.pid`, String(bystander.pid));
    const { pid, started } = await startPrivateEngine(paths);
    assert.ok(started && pid !== bystander.pid);
    assert.is(bystander.exitCode ?? bystander.signalCode, null);
  } finally {
    bystander.kill();
  }
});

onRoot('an engine that was killed is started anew', async () => {
  const { pid } = await startPrivateEngine(paths);
  process.kill(pid, 'SIGKILL');
  while (commandLineOf(pid) !== '') await new Promise((resolve) => setTimeout(resolve, 20));
  const again = await startPrivateEngine(paths);
  assert.ok(again.started && again.pid !== pid);
  assert.is((await engineInfo()).DockerRootDir, paths.dataFolder);
});

onRoot('purge removes its data as well', async () => {
  await startPrivateEngine(paths);
  await stopPrivateEngine({ purge: true }, paths);
  assert.not(existsSync(paths.dataFolder));
  assert.not.match(readFileSync('/proc/self/mountinfo', 'utf8'), folder);
});

onRoot('where overlay cannot be used, as on another overlay, it copies', async () => {
  const overlay = `${folder}/overlay`;
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(`${overlay}/${name}`, { recursive: true });
  const options = `lowerdir=${overlay}/lower,upperdir=${overlay}/upper,workdir=${overlay}/work`;
  assert.is(spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', options, `${overlay}/merged`]).status, 0);
  const onOverlay = { runFolder: paths.runFolder, dataFolder: `${overlay}/merged/data` };
  await startPrivateEngine(onOverlay);
  try {
    assert.is((await engineInfo()).Driver, 'vfs');
  } finally {
    await stopPrivateEngine({ purge: true }, onOverlay);
  }
  assert.is(spawnSync('umount', [`${overlay}/merged`]).status, 0, 'something is left mounted');
});

onRoot('a dockerd that does not start: the end of its log', async () => {
  const error = await startPrivateEngine({ ...paths, dataFolder: '/proc/nowhere' }).catch((thrown: unknown) => thrown as Error);
  assert.instance(error, Error);
  assert.match((error as Error).message, /did not start.*\/proc\/nowhere/s);
});

onRoot('not root: says so, and what else there is', async () => {
  const { stdout } = await runModule('process.setuid(65534);');
  assert.match(stdout, /Only root can start.*sudo nisher engine start.*rootless/s);
});

onRoot('no dockerd: the one command that installs it', async () => {
  // In a mount namespace of the test's own, the program is not there.
  const { stdout } = await runModule('', [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `mount --bind /dev/null ${findDockerd()} && exec "$@"`,
    'sh',
  ]);
  assert.match(stdout, /no dockerd.*sudo apt-get install -y --no-install-recommends docker\.io iptables/s);
});

test('findDockerd looks on the search path first', () => {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(`${bin}/dockerd`, '');
  assert.is.not(findDockerd(bin), `${bin}/dockerd`, 'not executable');
  chmodSync(`${bin}/dockerd`, 0o755);
  assert.is(findDockerd(bin), `${bin}/dockerd`);
});

/** Empty when it has ended. */
function commandLineOf(pid: number): string {
  return existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
}

/** Starts it from a process of its own, which has ended when this resolves. */
async function startElsewhere(): Promise<{ pid: number; started: boolean; endpoint: string }> {
  return JSON.parse((await runModule('')).stdout);
}

/** Runs startPrivateEngine in a process of its own and gives what it prints: the engine as JSON, or the error's message. */
function runModule(before: string, wrapper: string[] = []): Promise<{ stdout: string }> {
  const code = `const { startPrivateEngine } = await import(${JSON.stringify(moduleUrl)}); ${before}
    startPrivateEngine(${JSON.stringify(paths)}).then((engine) => console.log(JSON.stringify(engine)), (error) => console.log(error.message));`;
  const [program = '', ...args] = [
    ...wrapper,
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
    '-e',
    code,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', () => resolve({ stdout })));
}

function engineInfo(): Promise<{ DockerRootDir: string; Driver: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socket, path: '/info' }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.once('end', () => resolve(JSON.parse(body)));
    })
      .once('error', reject)
      .end();
  });
}
