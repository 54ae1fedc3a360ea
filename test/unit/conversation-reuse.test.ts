/** A container that serves one call after another, and says something while it should wait. */
import * as assert from 'uvu/assert';
import { converse } from '../../src/call/conversation.js';
import { prepare } from '../../src/call/prepare.js';
import { checkLimits } from '../../src/limits.js';
import type { Payload } from '../../src/payload/payload.js';
import { encode } from '../../src/wire/codec.js';
import { GuestFrame } from '../../src/wire/protocol.js';
import { fakeSandbox } from '../fuzz/fake-sandbox.js';
import { rawFrame } from '../fuzz/properties/frames.js';
import { suite } from '../harness.js';
import { createFakeClock } from '../support/fake-clock.js';

const { test } = suite('conversation: reuse');

const { Loading, Loaded, Ready, Value, End, Flushed } = GuestFrame;
const payload = { archive: new Uint8Array(5), entry: 'x', exportName: 'x', unpackedInBytes: 5 } as unknown as Payload;
const job = { entry: 'x', exportName: 'x', env: {}, maxResultInBytes: 1000, workingFolder: '', source: null };
const nothing = Buffer.alloc(0);
const returned = (value: unknown) => {
  const bytes = Buffer.concat(encode(value, { root: 'result', maxBytes: 1000 }));
  return [
    [Value, bytes],
    [End, Buffer.from(JSON.stringify({ status: 'returned', durationInS: 0, valueInBytes: bytes.length }))],
  ] as const;
};
const failed = [[End, Buffer.from(JSON.stringify({ status: 'failed', problem: 'forged' }))]] as const;

/** A container that says what it is told to. */
function container() {
  const { sandbox, stdout, stderr, delimiter } = fakeSandbox();
  const sequences = { stdout: 0, stderr: 0 };
  const say = (...frames: readonly (readonly [type: number, payload: Buffer])[]) => {
    for (const [type, content] of frames) stdout.emit('data', rawFrame(delimiter(), type, sequences.stdout++, content));
  };
  const flush = () => stderr.emit('data', rawFrame(delimiter(), Flushed, sequences.stderr++, nothing));
  return { sandbox, say, flush, print: (bytes: Buffer) => stdout.emit('data', bytes), delimiter };
}

function conversing() {
  const there = container();
  const conversation = converse(there.sandbox, 1000);
  conversation.sendJob(job, payload);
  const serve = async (value: unknown) => {
    conversation.call([new Uint8Array(3)]);
    there.say([Ready, nothing], ...returned(value));
    there.flush();
    const said = await conversation.said;
    await conversation.flushed;
    return said?.end.status;
  };
  there.say([Loading, nothing], [Loaded, nothing]);
  return { ...there, conversation, serve };
}

test('each call has the last word that was said in it', async () => {
  const { conversation, serve } = conversing();
  for (let call = 0; call < 3; call++) {
    assert.is(await serve(call), 'returned');
    conversation.nextCall();
  }
  assert.is(conversation.fault, null);
});

const outOfTurn: { readonly [name: string]: (there: ReturnType<typeof conversing>) => void } = {
  'a value and a last word': ({ say }) => say(...returned(8)),
  'a last word without a value': ({ say }) => say(...failed),
  Ready: ({ say }) => say([Ready, nothing]),
  Loaded: ({ say }) => say([Loaded, nothing]),
  Flushed: ({ flush }) => flush(),
  'a frame that is none': ({ print, delimiter }) => print(Buffer.concat([delimiter(), Buffer.alloc(7, 0xff)])),
};

for (const [name, happen] of Object.entries(outOfTurn)) {
  test(`${name} before the arguments of a call is not of that call`, async () => {
    for (const served of [0, 1, 2]) {
      const there = conversing();
      const { conversation } = there;
      for (let call = 0; call < served; call++) {
        await there.serve(call);
        conversation.nextCall();
      }
      happen(there);
      assert.is(conversation.fault?.kind, 'protocol');
      conversation.call([new Uint8Array(3)]);
      assert.is(await conversation.said, null);
    }
  });

  test(`${name} from a container that waits for a call says that it is of no use`, async () => {
    const there = container();
    const prepared = await prepare({
      engine: { start: async () => there.sandbox, cores: 2, memInBytes: 2 ** 30 },
      payload,
      limits: checkLimits({}),
      clock: createFakeClock(),
    });
    there.say([Loading, nothing], [Loaded, nothing]);
    assert.ok(await prepared.loaded);
    assert.not.ok(prepared.over);
    happen({ ...there, conversation: prepared.conversation, serve: async () => undefined });
    assert.ok(prepared.over);
  });
}
