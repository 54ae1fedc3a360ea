import { randomBytes } from 'node:crypto';
import { Duplex, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createFrameReader } from '../../src/engine/stream-frames.js';
import { demultiplex } from '../../src/engine/streams.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('engine streams');

function frame(stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** Cuts bytes at the given places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
}

/** A connection that a test feeds; says how much of its input was taken. */
function fakeConnection() {
  const written: Buffer[] = [];
  let finished = false;
  const connection = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
    final: (done) => {
      finished = true;
      done();
    },
  });
  return { connection, written, isFinished: () => finished };
}

async function readAll(readable: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readable as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const anyFrames = fc.array(fc.record({ stream: fc.constantFrom(0, 1, 2), payload: fc.uint8Array({ maxLength: 300 }) }), {
  maxLength: 20,
});
const anyCuts = fc.array(fc.nat(10_000), { maxLength: 40 });

test('any chunking gives the same two streams', () => {
  fc.assert(
    fc.property(anyFrames, anyCuts, (frames, cuts) => {
      const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const reader = createFrameReader((stream, payload) => got[stream].push(Buffer.from(payload)));
      for (const chunk of cutAt(Buffer.concat(frames.map(({ stream, payload }) => frame(stream, payload))), cuts)) {
        assert.is(reader.take(chunk), null);
      }
      assert.is(reader.end(), null);
      const sent = (isStderr: boolean) =>
        Buffer.concat(frames.filter(({ stream }) => (stream === 2) === isStderr).map(({ payload }) => payload));
      assert.equal(Buffer.concat(got.stdout), sent(false));
      assert.equal(Buffer.concat(got.stderr), sent(true));
    }),
    { numRuns: 500 },
  );
});

test('a frame cut off by the end is noticed at any place', () => {
  const whole = frame(1, Buffer.from('abc'));
  for (let length = 1; length < whole.length; length++) {
    const reader = createFrameReader(() => {});
    reader.take(whole.subarray(0, length));
    assert.instance(reader.end(), Error);
  }
});

test('what is no header is refused, also after good frames', () => {
  for (const bad of [
    Buffer.from('HTTP/1.1 500'),
    Buffer.from([3, 0, 0, 0, 0, 0, 0, 1]),
    Buffer.from([1, 0, 1, 0, 0, 0, 0, 1]),
  ]) {
    const got: string[] = [];
    const reader = createFrameReader((_stream, payload) => got.push(payload.toString()));
    assert.match(reader.take(Buffer.concat([frame(1, Buffer.from('ok')), bad]))?.message ?? '', /where the header/);
    assert.equal(got, ['ok']);
  }
});

test('200,000 tiny frames in one chunk are read without recursion', async () => {
  const { connection } = fakeConnection();
  const { stdout, stderr, ended } = demultiplex(connection);
  const one = frame(1, Buffer.from('x'));
  connection.push(Buffer.concat(Array.from({ length: 200_000 }, () => one)));
  connection.push(null);
  const [out, err] = await Promise.all([readAll(stdout), readAll(stderr)]);
  assert.is(out.length, 200_000);
  assert.is(err.length, 0);
  assert.is(await ended, null);
});

test('a full output stops the connection, and reading it goes on where it stopped', async () => {
  const { connection } = fakeConnection();
  const { stdout, stderr, ended } = demultiplex(connection);
  const block = Buffer.alloc(32 * 1024, 'b');
  let offered = 0;
  // Feeds only as long as there is demand, as a socket does.
  const feed = () => {
    while (offered < 100 && connection.push(frame(offered % 2 === 0 ? 2 : 1, block))) offered++;
    if (offered >= 100) return;
    offered++;
    connection.once('resume', () => setImmediate(feed));
  };
  feed();
  await sleep(50);
  assert.ok(offered < 10, `it took ${offered} blocks that nobody reads`);
  assert.ok(stdout.readableLength + stderr.readableLength < 10 * block.length);

  const reading = Promise.all([readAll(stdout), readAll(stderr)]);
  await sleep(100);
  connection.push(null);
  const [out, err] = await reading;
  assert.is(await ended, null);
  assert.is(out.length + err.length, 100 * block.length);
});

test('a release takes everything, whether somebody reads or not', async () => {
  const { connection } = fakeConnection();
  const { stdout, stderr, ended, release } = demultiplex(connection);
  const block = Buffer.alloc(256 * 1024, 'b');
  for (let n = 0; n < 8; n++) connection.push(frame(1 + (n % 2), block));
  connection.push(null);
  assert.is(await Promise.race([ended, sleep(50, 'held up')]), 'held up');
  release();
  assert.is(await ended, null);
  const [out, err] = await Promise.all([readAll(stdout), readAll(stderr)]);
  assert.is(out.length + err.length, 8 * block.length);
});

test('an output that its reader gave up does not stop the other', async () => {
  const { connection } = fakeConnection();
  const { stdout, stderr } = demultiplex(connection);
  stderr.destroy();
  const block = Buffer.alloc(64 * 1024);
  for (let n = 0; n < 10; n++) connection.push(Buffer.concat([frame(2, block), frame(1, Buffer.from('x'))]));
  connection.push(null);
  assert.is((await readAll(stdout)).length, 10);
});

test('outputs end, without an error, when the connection breaks, is garbage, or is cut', async () => {
  const breakings: [(connection: Duplex, cut: () => void) => void, RegExp][] = [
    [(connection) => connection.destroy(new Error('ECONNRESET')), /ECONNRESET/],
    [(connection) => connection.destroy(), /closed/],
    [(connection) => connection.push(Buffer.from('no frames at all')), /where the header/],
    [(_connection, cut) => cut(), /Cut/],
  ];
  for (const [breaking, why] of breakings) {
    const { connection } = fakeConnection();
    const { stdout, stderr, ended, cut } = demultiplex(connection);
    connection.push(frame(1, Buffer.from('before')));
    await sleep(5);
    breaking(connection, cut);
    assert.is((await readAll(stdout)).toString(), 'before');
    assert.is((await readAll(stderr)).length, 0);
    assert.match((await ended)?.message ?? 'nothing', why);
    assert.ok(connection.destroyed);
  }
});

test("a mark behind the last of both outputs is their end, however it was cut, and is nobody else's", async () => {
  const mark = randomBytes(32);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array(),
      fc.uint8Array(),
      fc.nat(31),
      anyCuts,
      fc.boolean(),
      async (out, err, half, cuts, ends) => {
        const { connection } = fakeConnection();
        const { stdout, stderr, ended, endAt } = demultiplex(connection);
        endAt(mark);
        // A beginning of the mark is text like any other.
        const printed = { out: Buffer.concat([out, mark.subarray(0, half)]), err: Buffer.from(err) };
        const close = ends ? mark : Buffer.alloc(0);
        const frames = [
          ...cutAt(Buffer.concat([printed.out, close]), cuts).map((piece) => frame(1, piece)),
          ...cutAt(Buffer.concat([printed.err, close]), cuts).map((piece) => frame(2, piece)),
        ];
        for (const chunk of cutAt(Buffer.concat(frames), cuts)) if (chunk.length > 0) connection.push(chunk);
        if (!ends) connection.push(null);
        assert.is((await readAll(stdout)).compare(printed.out), 0);
        assert.is((await readAll(stderr)).compare(printed.err), 0);
        assert.is(await ended, null);
        assert.ok(connection.destroyed);
      },
    ),
  );
});

test('stdin is written through, half-closes, and takes no offence at a connection that is gone', async () => {
  const { connection, written, isFinished } = fakeConnection();
  const { stdin, stdout, cut } = demultiplex(connection);
  stdin.write('abc');
  await new Promise<void>((resolve) => stdin.end('def', resolve));
  assert.is(Buffer.concat(written).toString(), 'abcdef');
  assert.ok(isFinished());
  connection.push(frame(1, Buffer.from('still heard')));
  connection.push(null);
  assert.is((await readAll(stdout)).toString(), 'still heard');

  const gone = demultiplex(fakeConnection().connection);
  gone.cut();
  await new Promise<void>((resolve, reject) =>
    gone.stdin.end('late', (error?: Error | null) => (error ? reject(error) : resolve())),
  );
  cut();
});
