import * as assert from 'uvu/assert';
import { GuestFrame, HostMessage } from '../../src/wire/protocol.js';
import { removeTemporary, startRunner } from '../fixtures/runner/start-runner.js';
import { suite } from '../harness.js';

const { test, after } = suite('runner: flood');
after(removeTemporary);

const code = `
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  const flood = \`
    const { writeSync } = require('node:fs');
    const line = Buffer.alloc(1000, 'worker ');
    for (;;) try { writeSync(1, line); } catch (error) { if (error.code !== 'EAGAIN') throw error; }\`;
  export default async (size) => {
    const workers = [new Worker(flood, { eval: true }), new Worker(flood, { eval: true })];
    const child = spawn('timeout', ['4', 'yes', 'child'], { stdio: ['ignore', 'inherit', 'ignore'] });
    await Promise.all([...workers.map((worker) => once(worker, 'online')), once(child, 'spawn')]);
    const bytes = new Uint8Array(size);
    for (let n = 0; n < size; n += 1) bytes[n] = (n * 7919) >>> 3;
    return bytes;
  };`;

test(
  'a large result is neither torn nor lost while two threads and a child flood stdout',
  async () => {
    const size = 8 * 2 ** 20;
    const runner = await startRunner({ code, args: [size], discardText: true });
    await runner.frame(GuestFrame.Loading);
    await runner.frame(GuestFrame.Loaded);
    await runner.frame(GuestFrame.Ready);
    runner.send(HostMessage.Go);
    const { end, value } = await runner.end();
    const flood = runner.textBytes();
    runner.send(HostMessage.Release);
    assert.is((await runner.exited).code, 0);
    assert.is(end.status, 'returned');
    const bytes = value as Uint8Array;
    assert.is(bytes.length, size);
    assert.is(
      bytes.findIndex((byte, n) => byte !== (((n * 7919) >>> 3) & 255)),
      -1,
    );
    assert.ok(flood > 1e6, `only ${flood} bytes of flood`);
  },
  { timeoutInS: 60 },
);
