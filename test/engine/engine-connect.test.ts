import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { openDockerEngine } from '../../src/engine/docker-engine.js';
import { EngineError } from '../../src/engine/engine-error.js';
import { suite } from '../harness.js';
import { noSocket } from '../support/engine-under-test.js';
import { finish, specOf } from './engine-sandbox.js';

const { test, before, after } = suite('engine connect');

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nisher-connect-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(url: string | null): Promise<EngineError> {
  try {
    await connect(url);
  } catch (error) {
    assert.instance(error, EngineError);
    assert.ok((error as EngineError).hint, 'it says what to do');
    return error as EngineError;
  }
  throw new Error('It connected');
}

/** A server on a socket of its own, for as long as the body runs. */
async function withServer(
  listener: (socket: net.Socket) => void,
  body: (url: string, file: string) => Promise<void>,
): Promise<void> {
  const file = path.join(folder, `${Math.random()}.sock`);
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    listener(socket);
  });
  await new Promise<void>((resolve) => server.listen(file, resolve));
  try {
    await body(`unix://${file}`, file);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const answerWith = (text: string) => (socket: net.Socket) => socket.once('data', () => socket.end(text));

test('one connection for everybody, who also learns what it is', async () => {
  const [one, other] = await Promise.all([connect(null), connect(null)]);
  assert.is(one, other);
  assert.match(one.info.version, /^\d+\.\d+/);
  assert.ok(one.info.cores >= 1 && one.info.memInBytes > 2 ** 28);
  assert.ok(['1', '2'].includes(one.info.cgroupVersion ?? ''));
  assert.ok(one.info.runtimes.includes('runc') || one.info.runtimes.includes('crun'));
});

test('nothing there', async () => {
  const error = await refusal(`unix://${folder}/nothing.sock`);
  assert.is(error.kind, 'no-engine');
  assert.match(error.message, /nothing\.sock \(option `engine`\).*nisher engine start/s);
});

test('nobody listens', async () => {
  assert.is((await refusal('tcp://127.0.0.1:1')).kind, 'no-engine');
});

test('a socket that takes connections and never answers: told within 5 s', async () => {
  await withServer(
    () => {},
    async (url) => {
      const since = performance.now();
      const error = await refusal(url);
      assert.is(error.kind, 'no-answer');
      assert.match(error.message, /within 5 s/);
      assert.ok(performance.now() - since < 6000);
    },
  );
});

test('a server that begins to answer and stops: told within 5 s', async () => {
  await withServer(
    (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Name"')),
    async (url) => assert.is((await refusal(url)).kind, 'no-answer'),
  );
});

test('what answers is no engine', async () => {
  const answers: readonly [string, RegExp][] = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello', /is no engine: "hello"/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}', /is no engine/],
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', /is no engine/],
    ['SSH-2.0-OpenSSH_9.2\r\n', /unix:/],
    ['', /unix:/],
  ];
  for (const [answer, words] of answers) {
    await withServer(answerWith(answer), async (url) => {
      assert.match((await refusal(url)).message, words);
    });
  }
});

test('a failure is not kept: the engine may come', async () => {
  const file = path.join(folder, 'later.sock');
  assert.is((await refusal(`unix://${file}`)).kind, 'no-engine');
  const server = net.createServer((socket) => {
    const real = net.connect('/var/run/docker.sock');
    socket.on('error', () => real.destroy());
    real.on('error', () => socket.destroy());
    socket.pipe(real).pipe(socket);
  });
  const { endpoint } = await connect(null);
  if (endpoint.kind !== 'unix' || endpoint.path !== '/var/run/docker.sock') return;
  await new Promise<void>((resolve) => server.listen(file, resolve));
  assert.ok((await connect(`unix://${file}`)).info.version);
  await new Promise((resolve) => server.close(resolve));
});

test('a DOCKER_HOST that nobody could parse does no harm when the engine is named, and is named itself when it is not', async () => {
  const { endpoint } = await connect(null);
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = 'tcp://a:b:c';
  try {
    assert.match((await refusal(null)).message, /DOCKER_HOST.*tcp:\/\/a:b:c/);
    assert.ok((await connect(endpoint.url)).info.version);
    assert.is(process.env.DOCKER_HOST, 'tcp://a:b:c');
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
});

const inChild = fileURLToPath(new URL('../../src/engine/connect.ts', import.meta.url));

/** Connects in a program of its own; prints the kind of the error and its message. */
async function connectElsewhere(options: { uid?: number; env?: Record<string, string> }, url: string | null): Promise<string> {
  const source = `import(${JSON.stringify(inChild)}).then(({ connect }) => connect(${JSON.stringify(url)}))
    .then(({ endpoint }) => console.log('connected', endpoint.url), (error) => console.log(error.kind, error.message));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), '--eval', source], {
    cwd: path.dirname(inChild),
    env: { PATH: process.env.PATH, HOME: folder, ...options.env },
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  return stdout;
}

const root = process.getuid?.() === 0;

if (root) {
  test('a user who may not use the socket', async () => {
    await withServer(answerWith(''), async (url, file) => {
      chmodSync(folder, 0o755);
      chmodSync(file, 0o600);
      assert.match(
        await connectElsewhere({ uid: 65534, env: { HOME: '/nonexistent' } }, url),
        /^permission Permission denied.*docker/,
      );
    });
  });
} else {
  test.skip('a user who may not use the socket', 'needs root, to become somebody else');
}

test(
  'over ssh, as the docker command does it',
  async () => {
    // Stands in for ssh and the machine at its other end; what is under test is on this side.
    const fakeSsh = `#!${process.execPath}
    const [option, ...words] = process.argv.slice(2);
    if (words.includes('nobody')) { console.error('Permission denied (publickey).'); process.exit(255); }
    require('node:fs').appendFileSync(${JSON.stringify(path.join(folder, 'ssh.log'))}, words.join(' ') + '\\n');
    const socket = require('node:net').connect({ path: '/var/run/docker.sock', allowHalfOpen: true });
    process.stdin.pipe(socket).pipe(process.stdout);`;
    const { endpoint } = await connect(null);
    writeFileSync(
      path.join(folder, 'ssh'),
      fakeSsh.replaceAll('/var/run/docker.sock', endpoint.kind === 'unix' ? endpoint.path : ''),
    );
    chmodSync(path.join(folder, 'ssh'), 0o755);
    const before = process.env.PATH;
    process.env.PATH = `${folder}:${before}`;
    try {
      const denied = await refusal('ssh://nobody');
      assert.match(denied.message, /Permission denied \(publickey\)/);
      const engine = await openDockerEngine({ engine: 'ssh://ann@lab:2222' });
      const sandbox = await engine.start(
        specOf("process.stdin.pipe(process.stdout); process.stdin.on('end', () => process.exit(3))"),
      );
      sandbox.stdin.end('over ssh');
      const { stdout, exit } = await finish(sandbox);
      assert.is(stdout, 'over ssh');
      assert.equal(exit, { kind: 'exited', exitCode: 3, oomKilled: false });
    } finally {
      process.env.PATH = before;
    }
    assert.ok(existsSync(path.join(folder, 'ssh.log')));
  },
  { unless: noSocket },
);

test('a program whose calls are over ends by itself', async () => {
  const source = `
    const { openDockerEngine } = await import(${JSON.stringify(new URL('../../src/engine/docker-engine.ts', import.meta.url).href)});
    const { specOf, finish } = await import(${JSON.stringify(new URL('./engine-sandbox.ts', import.meta.url).href)});
    const engine = await openDockerEngine();
    await finish(await engine.start(specOf('')));
    console.log('over');`;
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let saidAt = 0;
  child.stdout.once('data', () => {
    saidAt = performance.now();
  });
  const exitCode = await new Promise((resolve) => child.once('exit', resolve));
  assert.is(exitCode, 0);
  assert.ok(saidAt > 0 && performance.now() - saidAt < 1000, `it lingered for ${performance.now() - saidAt} ms`);
});
