import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { createMessageParser, encodeMessage } from '../../../src/wire/messages.js';
import { HostMessage } from '../../../src/wire/protocol.js';
import { ProtocolError } from '../../../src/wire/wire-errors.js';
import { cutAt, cuts, someBytes } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';

const message = fc
  .tuple(fc.constantFrom(...Object.values(HostMessage)), someBytes(100))
  .map(([type, payload]) => Buffer.concat(encodeMessage(type, payload)));
// Declared lengths are believed, and that memory taken: they stay small here.
const badMessage = fc.tuple(fc.constantFrom(0, 7, 255), someBytes(20)).map(([type, payload]) => {
  const header = Buffer.from([type, 0, 0, 0, payload.length]);
  return Buffer.concat([header, payload]);
});

function parsed(chunks: readonly Buffer[]): { got: string[]; refused: boolean } {
  const got: string[] = [];
  const { push } = createMessageParser((type, payload) => got.push(`${type} ${Buffer.from(payload).toString('hex')}`));
  try {
    for (const chunk of chunks) push(chunk);
  } catch (error) {
    assert.instance(error, ProtocolError);
    return { got, refused: true };
  }
  return { got, refused: false };
}

/** However cut: the same messages, and a ProtocolError at the first of a type that does not exist. */
export const messages: Fuzzed = {
  name: 'messages',
  quickRuns: 500,
  property: fc.property(
    fc.array(fc.oneof({ weight: 9, arbitrary: message }, { weight: 1, arbitrary: badMessage }), { maxLength: 6 }),
    fc.nat(200),
    cuts,
    (list, cutOff, places) => {
      const bytes = Buffer.concat(list);
      const torn = bytes.subarray(0, Math.max(0, bytes.length - (cutOff % 20)));
      const whole = parsed([torn]);
      assert.equal(parsed(cutAt(torn, places)), whole);
    },
  ),
};
