/** How much of this program's memory a container can take by the way it cuts what it sends. */
import * as assert from 'uvu/assert';
import { converse } from '../../src/call/conversation.js';
import { EarlyOutput } from '../../src/call/early-output.js';
import { Output, type OutputStream } from '../../src/call/output.js';
import type { Payload } from '../../src/payload/payload.js';
import { MAX_PAYLOAD } from '../../src/wire/frames.js';
import { GuestFrame } from '../../src/wire/protocol.js';
import { fakeSandbox } from '../fuzz/fake-sandbox.js';
import { rawFrame } from '../fuzz/properties/frames.js';
import { suite } from '../harness.js';

const { test } = suite('memory that a container takes', { timeoutInS: 30 });

/** As a socket reads. */
const CHUNK = 64 * 1024;

/** What could be collected and has not been is in it: the bounds are far from both what is needed and what was taken once. */
function taken(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Pieces of that many bytes, each with a chunk of its own around it, of which the rest is of no interest. */
function feed(pieces: number, length: number, take: (stream: OutputStream, bytes: Buffer) => void): void {
  for (let n = 0; n < pieces; n++) take('stdout', Buffer.alloc(CHUNK, 'x').subarray(0, length));
}

const live = { stdout: process.stdout, stderr: process.stderr };

test('output that comes a byte in 64 KiB takes its bytes, captured', () => {
  const output = new Output({ maxBytes: 2 ** 20, capture: true, live });
  const before = taken();
  feed(6000, 1, (stream, bytes) => output.write(stream, bytes));
  assert.ok(taken() - before < 200e6, `${(taken() - before) / 1e6} MB for 6000 bytes`);
  assert.is(output.captured('stdout').bytes.toString(), 'x'.repeat(6000));
});

test('output that comes a byte at a time takes little more than its bytes, captured', () => {
  const output = new Output({ maxBytes: 2 ** 20, capture: true, live });
  const [x, before] = [Buffer.from('x'), taken()];
  for (let n = 0; n < 2 ** 20; n++) output.write('stdout', x.subarray());
  assert.ok(taken() - before < 200e6, `${(taken() - before) / 1e6} MB for 1 MiB`);
  assert.is(output.captured('stdout').bytes.length, 2 ** 20);
});

test('output that waits for a slow reader takes its bytes, and pauses before there are too many pieces', () => {
  const output = new Output({ maxBytes: 2 ** 30, capture: false, live });
  let paused = false;
  output.onPause = () => {
    paused = true;
  };
  output.divert();
  const before = taken();
  let pieces = 0;
  for (; pieces < 10_000 && !paused; pieces++) feed(1, 1, (stream, bytes) => output.write(stream, bytes));
  assert.ok(paused);
  assert.ok(taken() - before < 200e6, `${(taken() - before) / 1e6} MB for ${pieces} bytes`);
});

test('what is printed before the call is kept in order, and takes its bytes', () => {
  const early = new EarlyOutput(2 ** 20);
  const before = taken();
  feed(6000, 1, (_stream, bytes) => {
    early.add('stdout', bytes);
    early.add('stderr', bytes);
  });
  assert.ok(taken() - before < 200e6, `${(taken() - before) / 1e6} MB for 12000 bytes`);
  const got = { stdout: '', stderr: '' };
  let changes = 0;
  early.handTo({
    write(stream, bytes) {
      got[stream] += bytes.toString();
      changes++;
    },
    drop: (_stream, bytes) => assert.is(bytes, 0),
  });
  assert.equal(got, { stdout: 'x'.repeat(6000), stderr: 'x'.repeat(6000) });
  assert.is(changes, 1000);
});

/** A conversation in the middle of a call, fed chunk by chunk with frames in order. */
function inCall(maxResultInBytes: number) {
  const { sandbox, stdout, delimiter } = fakeSandbox();
  const conversation = converse(sandbox, maxResultInBytes);
  conversation.onLoaded = () => conversation.sendArguments([]);
  const job = { entry: 'x', exportName: 'x', env: {}, maxResultInBytes, workingFolder: '', source: null };
  conversation.sendJob(job, { archive: new Uint8Array(0) } as Payload);
  let sequence = 0;
  const frame = (type: number, payload = Buffer.alloc(0)) => rawFrame(delimiter(), type, sequence++, payload);
  const send = (bytes: Buffer) => stdout.emit('data', bytes);
  for (const type of [GuestFrame.Loading, GuestFrame.Loaded, GuestFrame.Ready]) send(frame(type));
  return { conversation, frame, send };
}

test('a value in pieces that fill no frame is refused: of empty ones there is no end', () => {
  for (const length of [0, 1, MAX_PAYLOAD - 1]) {
    const { conversation, frame, send } = inCall(2 ** 20);
    for (let n = 0; n < 2; n++) send(frame(GuestFrame.Value, Buffer.alloc(length)));
    assert.match(conversation.fault?.message ?? '', /fill no frame/);
  }
});

test('a value with text in between takes its bytes', () => {
  const { conversation, frame, send } = inCall(2 ** 26);
  const before = taken();
  for (let n = 0; n < 6000; n++) {
    const chunk = Buffer.alloc(CHUNK, 'x');
    frame(GuestFrame.Value, Buffer.alloc(MAX_PAYLOAD)).copy(chunk);
    send(chunk);
  }
  assert.is(conversation.fault, null);
  assert.ok(taken() - before < 200e6, `${(taken() - before) / 1e6} MB for 24 MB`);
});
