import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';

import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';
import { enforceLimits } from '../support/spawned.js';

const { test, after } = suite('output');
const captured = enforceLimits({ captureOutput: true, wallTimeInS: 60 });

after(async () => {
  assert.equal(await leftovers(), []);
});

test('is kept apart by stream, in order, byte for byte', async () => {
  const outcome = await captured(async () => {
    const { writeSync } = await import('node:fs');
    for (let index = 0; index < 200; index++) {
      console.log(`out ${index}`);
      console.error(`err ${index}`);
    }
    writeSync(1, Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
  }).run();
  assert.is(outcome.exitStatus, 0, outcome.error?.message);
  const lines = (word: string) => Array.from({ length: 200 }, (_, index) => `${word} ${index}\n`).join('');
  assert.is(outcome.stderr, lines('err'));
  assert.equal(
    Buffer.from(outcome.stdoutBytes),
    Buffer.concat([Buffer.from(lines('out')), Buffer.from([0xff, 0xfe, 0x00, 0x0a])]),
  );
  assert.is(outcome.stdoutTruncated, false);
});

test('is kept when the call is killed', async () => {
  const outcome = await enforceLimits({ captureOutput: true, wallTimeInS: 0.5 })(() => {
    console.log('before');
    for (;;);
  }).run();
  assert.is(outcome.exitStatus, 'TimeoutException');
  assert.is(outcome.stdout, 'before\n');
});

test('beyond the cap is read and counted, and nothing hangs', async () => {
  const outcome = await enforceLimits({ captureOutput: true, maxOutputInMb: 1, wallTimeInS: 60 })(() => {
    const line = `${'x'.repeat(1023)}\n`;
    for (let index = 0; index < 5 * 1024; index++) process.stdout.write(line);
    process.stderr.write('short');
    return 'done';
  }).run();
  assert.is(outcome.exitStatus, 0, outcome.error?.message);
  assert.is(outcome.stdout.length, 2 ** 20);
  assert.is(outcome.stdoutTruncated, true);
  assert.is(outcome.stdoutDroppedBytes, 4 * 2 ** 20);
  assert.equal([outcome.stderr, outcome.stderrTruncated, outcome.stderrDroppedBytes], ['short', false, 0]);
});

test('comes live by for await, while the function runs', async () => {
  const call = captured(async () => {
    console.log('first');
    await new Promise((resolve) => setTimeout(resolve, 800));
    console.error('second');
    return 7;
  }).run();
  const seen: [string, string, number][] = [];
  for await (const { stream, data } of call) seen.push([stream, data.toString(), performance.now()]);
  assert.equal(
    seen.map(([stream, text]) => [stream, text]),
    [
      ['stdout', 'first\n'],
      ['stderr', 'second\n'],
    ],
  );
  const [first, second] = seen;
  assert.ok(first && second && second[2] - first[2] > 400, 'the first came while the function slept');
  assert.is((await call).unwrap(), 7);
});

test('makes the function wait for a slow reader, and loses nothing', async () => {
  const call = enforceLimits({ maxOutputInMb: null, wallTimeInS: 60 })(() => {
    const chunk = 'y'.repeat(2 ** 16);
    for (let index = 0; index < 24 * 16; index++) process.stdout.write(chunk);
  }).run();
  let bytes = 0;
  for await (const { data } of call) {
    if (bytes === 0) {
      await sleep(1000);
      // Pipe, engine and our own buffers hold a few MB; 24 MB would mean that nobody waited.
      assert.ok(process.memoryUsage().arrayBuffers < 16 * 2 ** 20, `${process.memoryUsage().arrayBuffers}`);
    }
    bytes += data.length;
  }
  assert.is((await call).exitStatus, 0);
  assert.is(bytes, 24 * 2 ** 20);
});

test('a reader that leaves early does not hang the call', async () => {
  const call = captured(() => {
    for (let index = 0; index < 4096; index++) process.stdout.write('z'.repeat(1024));
    return 'end';
  }).run();
  for await (const { data } of call) {
    assert.ok(data.length > 0);
    break;
  }
  assert.is((await call).unwrap(), 'end');
});

test('comes to its last byte at once, whatever the byte', async () => {
  // The first byte of the delimiter is held back: with a random one, some byte of these 128 would wait for the next.
  const call = captured(async () => {
    for (let code = 0; code < 128; code++) {
      process.stdout.write(`x${String.fromCharCode(code)}`);
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
  }).run();
  let last = '';
  for await (const { data } of call) {
    last = data.toString('latin1');
    assert.is(data.length % 2, 0, JSON.stringify(last));
  }
  assert.is(last.at(-1), '\x7f');
});

test('that looks like frames changes nothing', async () => {
  const outcome = await captured(async () => {
    const { randomBytes } = await import('node:crypto');
    const { writeSync } = await import('node:fs');
    for (let index = 0; index < 50; index++) {
      writeSync(1, Buffer.concat([randomBytes(16), Buffer.from([4, 0, 0, 0, 0, 0, 2, 0x7b, 0x7d])]));
    }
    return 'mine';
  }).run();
  assert.is(outcome.unwrap(), 'mine');
  assert.is(outcome.stdoutBytes.length, 50 * 25);
});

test('of a child process that shares stdout is part of it', async () => {
  const outcome = await captured(async () => {
    const { spawnSync } = await import('node:child_process');
    console.log('parent');
    spawnSync(process.execPath, ['-e', 'console.log("child")'], { stdio: 'inherit' });
    console.log('parent again');
  }).run();
  assert.is(outcome.stdout, 'parent\nchild\nparent again\n');
});

test('stdin is at its end', async () => {
  const read = captured(async () => {
    let text = '';
    for await (const chunk of process.stdin) text += String(chunk);
    return text;
  });
  assert.is((await read.run()).unwrap(), '');
});
