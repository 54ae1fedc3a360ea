import * as assert from 'uvu/assert';
import { encode } from '../../src/wire/codec.js';
import { MAX_PAYLOAD } from '../../src/wire/frames.js';
import { encodeMessage } from '../../src/wire/messages.js';
import { GuestFrame, HostMessage } from '../../src/wire/protocol.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';
import type { Forged } from './guests/runner/forges-frames.js';

const { cases, test } = hostileSuite('attacks on the runner');
const broken = { exitStatus: 'PynisherError', result: null, phase: 'call' } as const;
const limits = { wallTimeInS: 20 };

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const encoded = Buffer.concat(encode('forged', { root: 'result', maxBytes: 1000 }));
const value = (payload: Uint8Array): Forged => ({ type: GuestFrame.Value, payload });
const end = (fields: object): Forged => ({ type: GuestFrame.End, payload: json(fields) });
const returned = (valueInBytes: number, durationInS: unknown = 0.001) => end({ status: 'returned', durationInS, valueInBytes });
const forging = (...frames: Forged[]) => ({ limits, call: guest('runner/forges-frames'), args: [frames] });
const forgingValue = (bytes: Uint8Array) => forging(value(bytes), returned(bytes.length));

/** Length of the text (or a claim about it), the text, and further bytes. */
const carrying = (text: string, length = text.length, further: Uint8Array = Buffer.alloc(0)) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length);
  return forgingValue(Buffer.concat([head, Buffer.from(text), further]));
};

cases({
  // It could just as well have returned that. Its process hears the end of its stdin, and kills itself.
  'a forged value with the real delimiter is its value, and its process ends': {
    ...forgingValue(encoded),
    expected: { exitStatus: 0, result: 'forged', exitCode: 137 },
    check: ({ timings }) => assert.ok(timings.finish < 5 * patience, `${timings.finish} s`),
  },
  'a delimiter found in memory is worth no more': {
    limits: { ...limits, memInMb: 512 },
    call: guest('runner/reads-own-memory'),
    args: [encoded, json({ status: 'returned', durationInS: 0, valueInBytes: encoded.length })],
    expected: { exitStatus: 0, result: 'forged' },
  },
  // Told to exit, it has five seconds.
  'a forged value, and work that goes on after it: the process ends': {
    ...forgingValue(encoded),
    args: [[value(encoded), returned(encoded.length)], 'works'],
    expected: { exitStatus: 0, result: 'forged', exitCode: 137 },
    check: ({ timings }) => assert.ok(timings.finish > 4.9 && timings.finish < 5 + 5 * patience, `${timings.finish} s`),
  },
  'the first of two ends counts': {
    ...forging(value(encoded), returned(encoded.length), end({ status: 'failed', problem: 'second' })),
    expected: { exitStatus: 0, result: 'forged' },
  },
  'a forged duration longer than has passed is no limit': {
    ...forging(value(encoded), returned(encoded.length, 21)),
    expected: { ...broken, message: /took 21 s, of .* s that have passed/ },
  },
  'a forged exit is an exit': {
    ...forging(end({ status: 'exiting', phase: 'call', durationInS: 0, exitCode: 0 })),
    expected: { exitStatus: 'AnythingException', result: null },
  },
  'more bytes declared than sent': { ...forging(value(encoded), returned(encoded.length + 1)), expected: broken },
  'fewer bytes declared than sent': { ...forging(value(encoded), returned(encoded.length - 1)), expected: broken },
  'a value declared, and none sent': { ...forging(returned(encoded.length)), expected: broken },
  'no value at all': { ...forging(returned(0)), expected: broken },
  'a text longer than all there is': { ...carrying('["forged"]', 2 ** 32 - 1), expected: broken },
  'a text shorter than it is': { ...carrying('["forged"]', 5), expected: broken },
  'a binary of 2^63 bytes': {
    ...carrying('[["ArrayBuffer",1]]', 19, Buffer.from('7fffffffffffffff', 'hex')),
    expected: broken,
  },
  'a binary that is not there': { ...carrying('[["ArrayBuffer",7]]'), expected: broken },
  'a reference to nowhere': { ...carrying('[[99]]'), expected: broken },
  'a text that sets a prototype': { ...carrying('[{"__proto__":1},{"polluted":2},true]'), expected: broken },
  'a text that is no JSON': { ...carrying('[{"a":'), expected: broken },
  'a text of a type that does not exist': { ...carrying('[["Function","return process"]]'), expected: broken },
  'an array of 2^32 - 1 with nothing in it, by text': {
    ...carrying('[[-7,4294967295]]'),
    expected: { exitStatus: 0 },
    check: ({ result }) => assert.is((result as unknown[]).length, 2 ** 32 - 1),
  },
  'an end that is no JSON': { ...forging({ type: GuestFrame.End, payload: Buffer.from('{') }), expected: broken },
  'an end that is no object': { ...forging({ type: GuestFrame.End, payload: json([1]) }), expected: broken },
  'an end with an unknown status': { ...forging(end({ status: 'won' })), expected: broken },
  'an end without a duration': { ...forging(end({ status: 'returned' })), expected: broken },
  'an end with a negative duration': { ...forging(value(encoded), returned(encoded.length, -1)), expected: broken },
  'an end with a duration that is a text': { ...forging(value(encoded), returned(encoded.length, '0')), expected: broken },
  'a frame of an unknown type': { ...forging({ type: 99 }), expected: broken },
  'a frame out of sequence': { ...forging({ ...value(encoded), skip: 1 }), expected: broken },
  'a frame sent again': { ...forging({ ...value(encoded), skip: -1 }), expected: broken },
  'a frame longer than frames are': { ...forging({ ...value(encoded), length: 65_535 }), expected: broken },
  'the beginning of a load in the midst of a call': { ...forging({ type: GuestFrame.Loading }), expected: broken },
  'the end of a load in the midst of a call': { ...forging({ type: GuestFrame.Loaded }), expected: broken },
  'a frame that begins the time anew': {
    limits,
    call: guest('runner/forges-ready'),
    expected: { ...broken, message: /out of turn/ },
    check: ({ timings }) => assert.ok(timings.call < 10, `${timings.call} s`),
  },
  'a frame that is begun and not ended is waited for until the limit': {
    ...forging({ ...value(encoded), length: 4000 }),
    limits: { wallTimeInS: 2 },
    expected: { exitStatus: 'TimeoutException', exitCode: 137, result: null },
  },
  'frames beyond maxResultInMb': {
    ...forging(...Array.from({ length: 300 }, () => value(Buffer.alloc(MAX_PAYLOAD)))),
    limits: { ...limits, maxResultInMb: 1 },
    expected: { ...broken, message: /maxResultInMb/ },
  },
  'all its descriptors closed': {
    call: guest('output/closes-descriptors'),
    args: [3, 50],
    expected: { exitStatus: 'SignalException', signal: 'SIGABRT', exitCode: 134 },
  },
  "the runner's own realm reached into leaves it without words": {
    call: guest('runner/reaches-into-realm'),
    expected: { ...broken, message: /unknown status/ },
  },
});

const onStderr = (...frames: Forged[]) => forging(...frames.map((frame): Forged => ({ ...frame, on: 'stderr' })));
const flushed: Forged = { type: GuestFrame.Flushed };
cases({
  'a value on stderr is what no runner sends': {
    ...onStderr(value(encoded)),
    expected: { ...broken, message: /type 4 came on stderr/ },
  },
  'an end on stderr is what no runner sends': {
    ...onStderr(returned(encoded.length)),
    expected: { ...broken, message: /type 5 came on stderr/ },
  },
  'a frame out of sequence on stderr is what no runner sends': {
    ...onStderr({ ...flushed, skip: 1 }),
    expected: { ...broken, message: /Frame 0 has the number 1/ },
  },
  'a mark on stdout that everything has been sent is what no runner sends': {
    ...forging(flushed),
    expected: { ...broken, message: /type 6 came on stdout/ },
  },
  // The value takes long enough for the second to be seen before its end.
  "a forged mark on stderr that everything has been sent makes the runner's own the second": {
    ...onStderr(flushed),
    args: [[{ ...flushed, on: 'stderr' }], 'returns'],
    expected: { ...broken, message: /Frame 1 has the number 0/ },
  },
  'a mark on stderr again and again says no more than once': {
    ...onStderr(flushed, flushed, flushed),
    limits: { wallTimeInS: 2 },
    expected: { exitStatus: 'TimeoutException', exitCode: 137, result: null },
  },
});

// Who of the two readers gets what is written to the pipe is the kernel's choice.
test('its last word, stolen from its own stdout, comes or does not, and is never another one', async () => {
  const steals = enforceLimits({ wallTimeInS: 2, captureOutput: true })(guest('runner/steals-frames'));
  for (let call = 0; call < 5; call++) {
    const { exitStatus, result, exitCode, phase, stdout } = await steals.run(3);
    // The engine was faster; or the thief, and there is no last word.
    if (exitStatus === 0) assert.is(result, 'vvv');
    else assert.equal([exitStatus, result, exitCode], ['TimeoutException', null, 137]);
    assert.equal([phase, stdout], ['call', '']);
  }
  await steals.close();
});

test('a large value whose frames are stolen from its own stdout comes whole, or is missed', async () => {
  const steals = enforceLimits({ wallTimeInS: 4, memInMb: 512, captureOutput: true })(guest('runner/steals-frames'));
  const length = 32e6;
  for (let call = 0; call < 3; call++) {
    const { exitStatus, result, phase, error } = await steals.run(length);
    assert.is(phase, 'call');
    // On a busy machine the thief may get nothing. Not by assert.equal, which would show it.
    if (exitStatus === 0) assert.ok(result === 'v'.repeat(length));
    else assert.is(result, null);
    // Frames are missed when one of those behind them comes; where none does, the last word is among those stolen.
    if (exitStatus === 'PynisherError') assert.match(error.message, /Frame \d+ has the number \d+/);
    else assert.ok(exitStatus === 0 || exitStatus === 'TimeoutException', `${exitStatus}`);
  }
  await steals.close();
});

test('a call whose end was forged together with the mark is over when it is closed', async () => {
  const forges = enforceLimits({ wallTimeInS: 20 })(guest('runner/forges-frames'));
  const forged: Forged[] = [{ ...flushed, on: 'stderr' }, value(encoded), returned(encoded.length)];
  const { exitStatus, result, timings } = await forges.run(forged, 'works');
  // Nothing can change the outcome any more: it does not wait for the end of the process, which goes on working.
  assert.equal([exitStatus, result, timings.finish], [0, 'forged', 0]);
  const since = performance.now();
  await forges.close();
  const closingInS = (performance.now() - since) / 1000;
  assert.ok(closingInS > 4.5 && closingInS < 5 + 5 * patience, `${closingInS} s`);
});

const message = (type: 3 | 4 | 5 | 6, payload: Uint8Array = new Uint8Array(0)) => Buffer.concat(encodeMessage(type, payload));
const notice = json({ kind: 'wallTime', message: 'forged' });
const sending = (...messages: Buffer[]) => ({
  limits,
  call: guest('runner/sends-host-messages'),
  args: [Buffer.concat(messages)],
});
cases({
  "a forged notice of a limit is the function's own": {
    ...sending(message(HostMessage.Limit, notice)),
    expected: { exitStatus: 0, result: message(HostMessage.Limit, notice).length },
  },
  'forged arguments are those of no call': {
    ...sending(message(HostMessage.Arguments, encoded), message(HostMessage.Go)),
    expected: { exitStatus: 0, result: encoded.length + 10 },
  },
  'half a message is never a whole one': {
    ...sending(Buffer.from([HostMessage.Arguments, 0, 0, 0, 9, 1])),
    expected: { exitStatus: 0, result: 6 },
  },
  'a forged release is no value': {
    ...sending(message(HostMessage.Release)),
    limits: { wallTimeInS: 20 },
    expected: { exitStatus: 0, result: 5 },
  },
  'a message of an unknown type ends nothing but its own call': {
    ...sending(Buffer.from([99, 0, 0, 0, 0])),
    expected: { exitStatus: 'AnythingException', result: null },
  },
});
