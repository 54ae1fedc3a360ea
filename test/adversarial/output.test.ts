import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { createFrameWriter, DELIMITER_BYTES } from '../../src/wire/frames.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';

const { cases, test } = hostileSuite('hostile output');
const MIB = 2 ** 20;
const stopped = { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' } as const;
const flooded = { limits: { wallTimeInS: 2.5, maxOutputInMb: 1 }, call: guest('output/floods') };

cases({
  'a flood of stdout is cut and read on until the limit': {
    ...flooded,
    args: [[1]],
    expected: { ...stopped, stdout: 'a'.repeat(MIB), stderr: '', stdoutTruncated: true, stderrTruncated: false },
  },
  'a flood of stderr is cut and read on until the limit': {
    ...flooded,
    args: [[2]],
    expected: { ...stopped, stdout: '', stderr: 'a'.repeat(MIB), stdoutTruncated: false, stderrTruncated: true },
  },
  'a flood of both is cut and read on until the limit': {
    ...flooded,
    args: [[1, 2]],
    expected: { ...stopped, stdout: 'a'.repeat(MIB), stderr: 'a'.repeat(MIB) },
  },
  'a flood of stdout, where stderr is closed, is cut and read on until the limit': {
    ...flooded,
    call: guest('output/floods-after-closing'),
    args: [2, 1],
    expected: { ...stopped, stdout: 'a'.repeat(MIB), stderr: '', stdoutTruncated: true },
  },
  'a flood of stderr, where stdout is closed, is cut and read on until the limit': {
    ...flooded,
    call: guest('output/floods-after-closing'),
    args: [1, 2],
    expected: { ...stopped, stdout: '', stderr: 'a'.repeat(MIB), stderrTruncated: true },
  },
  'a write for each byte loses none': {
    call: guest('output/writes-byte-by-byte'),
    args: [50_000],
    expected: { exitStatus: 0, stdout: 'x'.repeat(25_000), stderr: 'x'.repeat(25_000), stdoutTruncated: false },
  },
  'one line of 100 MB is cut, and counted': {
    limits: { memInMb: 512, maxOutputInMb: 1, wallTimeInS: 60 },
    call: () => process.stdout.write('x'.repeat(1e8)),
    expected: { exitStatus: 0, stdout: 'x'.repeat(MIB), stdoutDroppedBytes: 1e8 - MIB },
  },
  'output just at the cap is whole': {
    limits: { maxOutputInMb: 1 },
    call: (n: number) => process.stdout.write('x'.repeat(n)),
    args: [MIB],
    expected: { exitStatus: 0, stdout: 'x'.repeat(MIB), stdoutTruncated: false, stdoutDroppedBytes: 0 },
  },
  'one byte beyond the cap is cut': {
    limits: { maxOutputInMb: 1 },
    call: (n: number) => process.stdout.write('x'.repeat(n)),
    args: [MIB + 1],
    expected: { exitStatus: 0, stdout: 'x'.repeat(MIB), stdoutTruncated: true, stdoutDroppedBytes: 1 },
  },
  'threads that flood tear no value': {
    limits: { memInMb: 512, maxOutputInMb: 1 },
    call: guest('output/flooding-threads'),
    expected: { exitStatus: 0, result: 'v'.repeat(1e6) },
  },
  'a pipe made non-blocking and filled tears no value': {
    limits: { maxOutputInMb: 1 },
    call: guest('output/makes-pipe-nonblocking'),
    expected: { exitStatus: 0, result: 'v'.repeat(1e6), stdout: 'x'.repeat(MIB) },
  },
  'closed descriptors 0 to 2 keep no value back': {
    call: guest('output/closes-descriptors'),
    args: [0, 2],
    expected: { exitStatus: 0, result: 3 },
  },
  'a write to a closed stdout is an operating-system error': {
    call: guest('output/writes-after-closing'),
    expected: { exitStatus: 'SubprocessException', osErrno: 9 },
  },
  "node's streams destroyed keep no value back": {
    call: guest('output/destroys-streams'),
    expected: { exitStatus: 0, result: 5 },
  },
  'no descriptor left is an operating-system error': {
    call: guest('output/uses-up-descriptors'),
    expected: { exitStatus: 'SubprocessException', osErrno: 24 },
  },
  // The runner ends its process past every listener of the function's.
  'what is printed after the value changes nothing': {
    call: guest('output/prints-after-return'),
    expected: { exitStatus: 0, result: 'returned', stdout: 'in a microtask', stderr: '' },
  },
  'stdin has nothing to read': { call: guest('output/reads-stdin'), expected: { exitStatus: 0, result: 0 } },
});

test('a child that holds both pipes keeps neither the value back nor the end', async () => {
  const limited = enforceLimits({ wallTimeInS: 30, captureOutput: true })(guest('output/child-holds-stdout'));
  const { exitStatus, result, stdout } = await limited.run();
  assert.equal([exitStatus, result, stdout], [0, 'returned', 'printed\n']);
  const since = performance.now();
  await limited.close();
  const closingInS = (performance.now() - since) / 1000;
  // A runner that does not exit is killed only after five.
  assert.ok(closingInS < 4 * patience, `${closingInS} s`);
});

const broken = Buffer.from('61 ff c3 28 ed a0 80 f0 9f 98 00 1b 5b 32 4a e2 82'.replaceAll(' ', ''), 'hex');
const printed = (...chunks: Uint8Array[]) => ({
  call: guest('output/prints-bytes'),
  args: chunks,
  expected: {
    exitStatus: 0,
    result: 'printed',
    stdout: Buffer.concat(chunks).toString('utf8'),
    stdoutBytes: Buffer.concat(chunks),
    stderrBytes: Buffer.concat(chunks),
  } as const,
});

/** A frame like the runner's, but for the delimiter. */
function imitation(delimiter: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  const frames = createFrameWriter(delimiter, (frame, length) => void pieces.push(frame.slice(0, length)));
  const end = JSON.stringify({ status: 'returned', durationInS: 0, valueInBytes: 6 });
  frames.writeEnd([Buffer.from('forged')], Buffer.from(end));
  return Buffer.concat(pieces);
}

const guess = randomBytes(DELIMITER_BYTES);
guess[0] = 0xff;
cases({
  'bytes that are no UTF-8 are kept, and shown as such': printed(broken),
  'characters cut in two by writes are whole': printed(Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)),
  'an imitated frame with a delimiter of zeros is text': printed(imitation(new Uint8Array(DELIMITER_BYTES))),
  'an imitated frame with a guessed delimiter is text': printed(imitation(guess)),
  'what may begin a delimiter is text in the end': printed(Buffer.alloc(DELIMITER_BYTES * 3, 0xff)),
  'imitated frames of the engine are text': printed(Buffer.from([2, 0, 0, 0, 0, 0, 0, 6]), Buffer.from('stderr')),
});
