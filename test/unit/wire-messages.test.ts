import * as assert from 'uvu/assert';
import { createMessageParser, encodeMessage, type HostMessageType } from '../../src/wire/messages.js';
import { HostMessage } from '../../src/wire/protocol.js';
import { ProtocolError } from '../../src/wire/wire-errors.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('messages');

test('gives back messages, however they are cut', () => {
  const message = fc.tuple(
    fc.constantFrom(...Object.values(HostMessage)),
    fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 3 }),
  );
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.flatMap(([type, pieces]) => encodeMessage(type, ...pieces)));
        const got: string[] = [];
        const { push } = createMessageParser((type, payload) => got.push(`${type} ${Buffer.from(payload).toString('hex')}`));
        for (let at = 0, n = 0; at < bytes.length; n += 1) {
          const size = cuts[n % cuts.length] ?? 1;
          push(bytes.subarray(at, at + size));
          at += size;
        }
        const expected = messages.map(([type, pieces]) => `${type} ${Buffer.concat(pieces).toString('hex')}`);
        assert.equal(got, expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('does not copy what it sends, and copies once what it receives', () => {
  const big = new Uint8Array(32 * 2 ** 20);
  const pieces = encodeMessage(HostMessage.Code, big);
  assert.is(pieces[1], big);
  let received: Uint8Array | undefined;
  const { push } = createMessageParser((_type, payload) => {
    received = payload;
  });
  const started = performance.now();
  for (const piece of pieces) for (let at = 0; at < piece.length; at += 4096) push(piece.subarray(at, at + 4096));
  assert.is(received?.length, big.length);
  // Joining the chunks anew each time would be 128 GB of copying.
  assert.ok(performance.now() - started < 5000);
});

test('refuses a message of a type that does not exist', () => {
  for (const type of [0, 7, 255]) {
    const { push } = createMessageParser(() => {});
    const message = Buffer.concat(encodeMessage(type as HostMessageType, new Uint8Array(3)));
    assert.throws(
      () => push(message),
      (error: unknown) => error instanceof ProtocolError,
    );
  }
});
