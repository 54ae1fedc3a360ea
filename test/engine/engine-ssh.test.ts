import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { enforceLimits, getContext } from '../../src/index.js';
import { suite } from '../harness.js';
import { noSocket } from '../support/engine-under-test.js';
import { patience } from '../support/patience.js';
import { noSshServer, type SshServer, startSshServer } from '../support/ssh-server.js';

const { test, before, after } = suite('engine over ssh', { unless: noSshServer ?? noSocket });

let server: SshServer;
let engine: string;
const { PATH } = process.env;
before(async () => {
  if (noSshServer !== null) return;
  server = await startSshServer();
  process.env.PATH = `${server.clientFolder}:${PATH}`;
  const { endpoint } = await connect(null);
  engine = `${server.url}${endpoint.kind === 'unix' ? endpoint.path : ''}`;
});
after(async () => {
  process.env.PATH = PATH;
  await server?.stop();
});

test('a call, its output, and a limit, through a real sshd', async () => {
  const context = getContext('spawn', { engine });
  const limited = enforceLimits({ context, wallTimeInS: 20, memInMb: 64, captureOutput: true })((what: string) => {
    console.log(what);
    const held = [];
    while (what === 'hog') held.push(Buffer.alloc(2 ** 20, 1));
    return what.length;
  });
  const [short, hog] = await Promise.all([limited.run('short'), limited.run('hog')]);
  assert.is(short.exitStatus, 0, short.error?.message);
  assert.equal([short.result, short.stdout], [5, 'short\n']);
  assert.is(hog.exitStatus, 'MemorylimitException', hog.error?.message);
  assert.is(hog.stdout, 'hog\n');
});

test('a warm container that waits keeps no program alive', async () => {
  const source = `
    import { enforceLimits, getContext } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const limited = enforceLimits({ wallTimeInS: 20, context: getContext('forkserver', { engine: ${JSON.stringify(engine)} }) })((x) => x);
    const outcome = await limited.run(1);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const since = performance.now();
    process.on('exit', () => console.log(outcome.exitStatus, Math.round(performance.now() - since)));`;
  const node = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', source];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  const [, lingeredInMs] = /^0 (\d+)\n$/.exec(stdout) ?? [];
  assert.ok(Number(lingeredInMs) < 3000 * patience, stdout);
});

test('a server whose key is not the known one is not talked to', async () => {
  const [type, key] = execFileSync('ssh-keygen', ['-y', '-f', `${server.clientFolder}/../client`], { encoding: 'utf8' }).split(
    ' ',
  );
  const { host } = new URL(server.url);
  writeFileSync(server.knownHostsFile, `[${host.replace(':', ']:')} ${type} ${key}\n`);
  const other = `${server.url}/run/another.sock`;
  const outcome = await enforceLimits({ context: getContext('spawn', { engine: other }) })(() => 1).run();
  assert.is(outcome.exitStatus, 'PynisherError');
  assert.match(
    outcome.error?.message ?? '',
    /ssh .* ended with 255: [\s\S]*REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/,
  );
});
