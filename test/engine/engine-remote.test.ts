import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { nothingToldYet } from '../../src/engine/container-events.js';
import { openDockerEngine } from '../../src/engine/docker-engine.js';
import { EngineError } from '../../src/engine/engine-error.js';
import { openEngineMeter } from '../../src/engine/engine-meter.js';
import { suite } from '../harness.js';
import { makeCertificates } from '../support/certificates.js';
import { elsewhere } from '../support/elsewhere.js';
import { noSocket } from '../support/engine-under-test.js';
import { runCli } from '../support/run-cli.js';
import { withEnv } from '../support/with-env.js';
import { finish, isGone, printed, specOf } from './engine-sandbox.js';

/** An engine over the network: the local one, behind a proxy. */
const { test, before, after } = suite('engine remote', { unless: noSocket });

let folder: string;
let socketPath: string;
const closing: (() => void)[] = [];

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nisher-remote-'));
  const { endpoint } = await connect(null);
  if (endpoint.kind === 'unix') socketPath = endpoint.path;
});
after(() => {
  for (const close of closing) close();
  rmSync(folder, { recursive: true, force: true });
});

function join(client: net.Socket): void {
  const engine = net.connect({ path: socketPath, allowHalfOpen: true });
  client.on('error', () => {});
  client.once('close', () => engine.destroy());
  engine.on('error', () => client.destroy());
  client.pipe(engine).pipe(client);
}

async function listen(server: net.Server): Promise<number> {
  const clients = new Set<net.Socket>();
  server.on('connection', (client: net.Socket) => clients.add(client));
  closing.push(() => {
    server.close();
    for (const client of clients) client.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

const ECHO = "process.stdin.pipe(process.stdout); process.stdin.on('end', () => process.exit(9))";

test('a call over plain TCP', async () => {
  const port = await listen(net.createServer({ allowHalfOpen: true }, join));
  const engine = await openDockerEngine({ engine: `tcp://127.0.0.1:${port}` });
  const sandbox = await engine.start(specOf(ECHO));
  sandbox.stdin.end('over TCP');
  const { stdout, exit } = await finish(sandbox);
  assert.is(stdout, 'over TCP');
  assert.equal(exit, { kind: 'exited', exitCode: 9, oomKilled: false });
});

test('a call over TLS, with certificates of both sides; and what is said without them', async () => {
  makeCertificates(folder);
  const file = (name: string) => readFileSync(path.join(folder, name));
  const options = {
    cert: file('server.pem'),
    key: file('server-key.pem'),
    ca: file('ca.pem'),
    requestCert: true,
    allowHalfOpen: true,
  };
  const port = await listen(tls.createServer(options, join));
  const url = `tcp://127.0.0.1:${port}`;
  await withEnv({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }, async () => {
    const engine = await openDockerEngine({ engine: url });
    const sandbox = await engine.start(specOf(ECHO));
    sandbox.stdin.end('over TLS');
    const { stdout, exit } = await finish(sandbox);
    assert.is(stdout, 'over TLS');
    assert.equal(exit, { kind: 'exited', exitCode: 9, oomKilled: false });
  });
  // An authority that nobody knows.
  const unknown = await connect(`https://127.0.0.1:${port}`).catch((error: unknown) => error);
  assert.instance(unknown, EngineError);
  assert.is((unknown as EngineError).kind, 'tls', (unknown as Error).message);
});

/** A line that breaks: as its two ends notice (the engine sees it too), or without the engine noticing. */
for (const engineNotices of [true, false]) {
  test(`a connection that breaks in the middle of a call, ${engineNotices ? 'at both ends' : 'unnoticed by the engine'}`, async () => {
    const clients = new Set<net.Socket>();
    const server = net.createServer({ allowHalfOpen: true }, (client) => {
      clients.add(client);
      const engine = net.connect({ path: socketPath, allowHalfOpen: true });
      closing.push(() => engine.destroy());
      client.on('error', () => {});
      engine.on('error', () => {});
      client.pipe(engine).pipe(client);
      if (engineNotices) client.once('close', () => engine.destroy());
    });
    const port = await listen(server);
    const engine = await openDockerEngine({ engine: `tcp://127.0.0.1:${port}` });
    const sandbox = await engine.start(specOf("console.log('up'); process.stdin.resume()"));
    await printed(sandbox, /up/);
    for (const client of clients) client.destroy();
    const exit = await sandbox.exited;
    assert.ok(exit.kind === 'lost' || (engineNotices && exit.exitCode === 0), JSON.stringify(exit));
    assert.equal(await sandbox.remove(), { leftBehind: null });
    assert.ok(await isGone(sandbox.id));
  });
}

test("the engine's own statistics, for want of a cgroup", async () => {
  const engine = await openDockerEngine();
  const connection = await connect(null);
  const sandbox = await engine.start(
    specOf("globalThis.held = Buffer.alloc(50e6, 1); console.log('up'); for (;;);", { cpus: 1 }),
  );
  await printed(sandbox, /up/);
  const meter = openEngineMeter(connection, sandbox.id, { ...nothingToldYet, ooms: 2 });
  assert.is(meter.kind, 'engine');
  assert.is(meter.read(), null, 'the first sample takes its time');
  for (let tries = 0; tries < 300 && (meter.read()?.cpuInS ?? 0) < 1; tries++) await sleep(100);
  const usage = meter.read();
  assert.ok(usage !== null && usage.cpuInS >= 1 && usage.cpuInS < 10, JSON.stringify(usage));
  assert.ok(usage.memInBytes > 50e6 && usage.memInBytes < 200e6);
  assert.ok(usage.peakInBytes >= usage.memInBytes);
  assert.is(usage.oomKills, 2);
  const exact = sandbox.usage();
  assert.ok(exact !== null && exact.cpuInS >= usage.cpuInS);
  meter.close();
  assert.is(meter.read(), null);
  await sandbox.kill();
  await finish(sandbox);
});

test(
  'seen from another machine: the outcome and doctor say whose the counters are',
  async () => {
    const module = fileURLToPath(new URL('../fixtures/cli/functions.ts', import.meta.url));
    const run = await runCli(['run', module, '2', '3', '--json'], { through: elsewhere });
    const outcome = JSON.parse(run.stdout);
    assert.equal([run.exitCode, outcome.exitStatus, outcome.result, outcome.meter], [0, 0, 5, 'engine'], run.stderr);
    const doctor = await runCli(['doctor', '--json'], { through: elsewhere });
    const { ok, checks } = JSON.parse(doctor.stdout);
    const usage = checks.find(({ name }: { name: string }) => name === 'usage');
    assert.equal([doctor.exitCode, ok, usage.ok, usage.warning], [0, true, true, true], doctor.stdout);
    assert.match(usage.found, /engine's statistics/);
  },
  { unless: process.getuid?.() === 0 ? null : 'only root may make a pid namespace', timeoutInS: 120 },
);
