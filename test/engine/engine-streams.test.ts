import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type DockerEngine, openDockerEngine } from '../../src/engine/docker-engine.js';
import { suite } from '../harness.js';
import { noPipes } from '../support/engine-under-test.js';
import { finish, inspect, printed, specOf, whenUp } from './engine-sandbox.js';

const { test, before } = suite('engine streams');

let engine: DockerEngine;
before(async () => {
  engine = await openDockerEngine();
});

const MIB = 2 ** 20;

/** Lengths and hashes rather than contents: these are large. */
async function digestOf(readable: Readable): Promise<{ length: number; sha256: string }> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of readable as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: hash.digest('hex') };
}

/** What this program's descriptors are, by the names that the kernel has for them. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // The folder's own, closed by now.
      return [];
    }
  });
}

test('24 MiB in and out, byte for byte, through a reader that starts late', async () => {
  const bytes = randomBytes(24 * MIB);
  const sandbox = await engine.start(specOf('process.stdin.pipe(process.stdout)'));
  const sending = pipeline(async function* () {
    yield bytes;
  }, sandbox.stdin);
  await sleep(500);
  assert.ok(
    sandbox.stdout.readableLength < MIB,
    `${sandbox.stdout.readableLength} bytes are held for a reader that is not there`,
  );
  sandbox.stderr.resume();
  const received = await digestOf(sandbox.stdout);
  await sending;
  assert.equal(received, { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  assert.is((await sandbox.exited).kind, 'exited');
  assert.equal(await sandbox.remove(), { leftBehind: null });
});

test('the container gets what was sent and nothing else, and its input ends', async () => {
  const source = "process.stdin.toArray().then((chunks) => console.log(Buffer.concat(chunks).toString('hex')))";
  for (const sent of ['', '{"stream":true}', '\r\n0\r\n\r\n']) {
    const sandbox = await engine.start(specOf(source));
    sandbox.stdin.end(sent);
    assert.is((await finish(sandbox)).stdout, `${Buffer.from(sent).toString('hex')}\n`);
  }
});

test(
  'bytes that go past the engine come whole or not at all, and between those that went through it',
  async () => {
    const source = `
      const chunks = [];
      process.stdin.once('data', (first) => {
        process.stdin.pause();
        chunks.push(first);
        console.log('full?');
        setTimeout(() => process.stdin.resume().on('data', (chunk) => chunks.push(chunk)).on('end', () => {
          console.log(Buffer.concat(chunks).toString('latin1').replace(/(.)\\1*/g, (run) => run[0] + run.length + ' '));
        }), 1000);
      });
      console.log('up');`;
    const sandbox = await engine.start(specOf(source));
    assert.not(sandbox.writeStdin(Buffer.from('-')), 'before it was opened');
    await whenUp(sandbox);
    const { Pid } = (await inspect(sandbox.id)).State;
    const pipe = readlinkSync(`/proc/${Pid}/fd/0`);
    assert.ok(openFiles().includes(pipe));
    sandbox.stdin.write('a');
    await printed(sandbox, /full\?/);
    let blocks = 0;
    while (sandbox.writeStdin(Buffer.alloc(1000, 'b'))) blocks++;
    assert.ok(blocks >= 16, `${blocks}`);
    assert.not(sandbox.writeStdin(Buffer.alloc(4097)), 'more than a pipe takes whole');
    // The program sees its end when all who could write have closed it: the engine, and this program.
    sandbox.stdin.end('c');
    assert.match((await finish(sandbox)).stdout, new RegExp(`^a1 b${blocks * 1000} c1 $`, 'm'));
    assert.not(sandbox.writeStdin(Buffer.from('-')), 'after its end');
    assert.not(openFiles().includes(pipe));
  },
  { unless: noPipes },
);

test('both outputs at once, neither mixed into the other', async () => {
  const source = `
    const { writeSync } = require('node:fs');
    for (let n = 0; n < 2000; n++) { writeSync(1, 'o'.repeat(700) + '\\n'); writeSync(2, 'e'.repeat(300) + '\\n'); }`;
  const { stdout, stderr } = await finish(await engine.start(specOf(source)));
  assert.is(stdout, `${'o'.repeat(700)}\n`.repeat(2000));
  assert.is(stderr, `${'e'.repeat(300)}\n`.repeat(2000));
});

test('a pause reaches the container: it cannot write on and on', async () => {
  const source = `
    let sent = 0;
    const { writeSync } = require('node:fs');
    const block = Buffer.alloc(65536);
    const timer = setInterval(() => { try { sent += writeSync(1, block); } catch {} }, 0);
    process.stdin.on('end', () => { clearInterval(timer); process.exit(sent > 20e6 ? 1 : 0); }).resume();`;
  const sandbox = await engine.start(specOf(source));
  await printed(sandbox, /\0/);
  sandbox.stdout.pause();
  await sleep(2000);
  const held = process.memoryUsage().rss;
  await sleep(1000);
  assert.ok(process.memoryUsage().rss - held < 64 * MIB);
  sandbox.stdin.end();
  sandbox.stdout.resume();
  const { exit } = await finish(sandbox);
  assert.equal(exit, { kind: 'exited', exitCode: 0, oomKilled: false });
});

test('a reader that never reads does not keep the end from being seen', async () => {
  const sandbox = await engine.start(specOf("process.stdout.write('x'.repeat(3e6)); setTimeout(() => process.exit(5), 100);"));
  await sleep(1000);
  await sandbox.kill();
  const exit = await sandbox.exited;
  assert.ok(exit.kind === 'exited');
  assert.equal(await sandbox.remove(), { leftBehind: null });
  assert.ok((await digestOf(sandbox.stdout)).length > 0, 'what had come is still there to read');
});

test('output of a container that is killed arrives', async () => {
  const sandbox = await engine.start(specOf("require('node:fs').writeSync(1, 'last words\\n'); for (;;);"));
  await once(sandbox.stdout, 'readable');
  await sandbox.kill();
  assert.is((await finish(sandbox)).stdout, 'last words\n');
});
