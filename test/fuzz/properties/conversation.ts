import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { converse, type Said as LastWord } from '../../../src/call/conversation.js';
import type { Payload } from '../../../src/payload/payload.js';
import { DELIMITER_BYTES } from '../../../src/wire/frames.js';
import { GuestFrame } from '../../../src/wire/protocol.js';
import { cutAt, cuts, someBytes } from '../arbitraries.js';
import { fakeSandbox } from '../fake-sandbox.js';
import type { Fuzzed } from '../fuzzed.js';
import { judge, transcripts } from '../transcript.js';
import { rawFrame, readWhole, type Said } from './frames.js';

const MAX_RESULT = 10_000;

interface Printed {
  readonly stdout: Buffer[];
  readonly stderr: Buffer[];
}

/** As somebody who knows the delimiter writes it. */
function written(said: readonly Said[], mark: Buffer): Buffer {
  let sequence = 0;
  return Buffer.concat(said.map((part) => ('text' in part ? part.text : rawFrame(mark, part.type, sequence++, part.payload))));
}

/** Of both outputs in turn, as they may come: the next chunk is of stderr where `turns` says so. */
type Turns = readonly boolean[];

/** What the host makes of a container that writes these bytes and ends. */
async function listenTo(
  bytesFor: (delimiter: Buffer) => { stdout: Buffer; stderr: Buffer },
  places: readonly number[],
  turns: Turns,
): Promise<{ heard: LastWord | null; fault: unknown; printed: Printed; mark: Buffer }> {
  const { sandbox, stdout, stderr, delimiter } = fakeSandbox();
  const conversation = converse(sandbox, MAX_RESULT);
  const printed: Printed = { stdout: [], stderr: [] };
  conversation.onText = (stream, bytes) => printed[stream].push(bytes);
  conversation.onLoaded = () => conversation.sendArguments([randomBytes(3)]);
  conversation.onReady = () => conversation.go();
  conversation.sendJob(
    { entry: 'x', exportName: 'x', env: {}, maxResultInBytes: MAX_RESULT, workingFolder: '', source: null },
    {
      archive: new Uint8Array(3),
    } as Payload,
  );
  const bytes = bytesFor(delimiter());
  const chunks = { stdout: cutAt(bytes.stdout, places), stderr: cutAt(bytes.stderr, places) };
  for (let turn = 0; chunks.stdout.length + chunks.stderr.length > 0; turn++) {
    const isOfStderr = chunks.stdout.length === 0 || (chunks.stderr.length > 0 && turns[turn % turns.length]);
    const chunk = (isOfStderr ? chunks.stderr : chunks.stdout).shift();
    // Not pushed: each stream would hand out all it has at once.
    if (chunk !== undefined && chunk.length > 0) (isOfStderr ? stderr : stdout).emit('data', chunk);
  }
  stdout.push(null);
  stderr.push(null);
  const heard = await conversation.said;
  await Promise.all([conversation.drained, conversation.flushed]);
  return { heard, fault: conversation.fault, printed, mark: delimiter() };
}

/** What may come on stderr: text, the one frame that belongs there, and sometimes others. */
const onStderr: fc.Arbitrary<Said[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: someBytes(30).map((text): Said => ({ text })) },
    { weight: 3, arbitrary: fc.constant<Said>({ type: GuestFrame.Flushed, payload: Buffer.alloc(0) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.integer({ min: 1, max: 9 }), payload: someBytes(9) }) },
  ),
  { maxLength: 6 },
);

/**
 * Whatever a container says, and however it is cut: its last word and value where it kept to the protocol, a fault of the
 * protocol where it broke it before, and neither where it fell silent. A breach on stderr is one, too, and takes nothing from a
 * last word that came before it; all text is passed on, and no frame.
 */
export const conversation: Fuzzed = {
  name: 'conversation',
  quickRuns: 700,
  property: fc.asyncProperty(
    transcripts,
    onStderr,
    cuts,
    fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
    async (said, saidOnStderr, places, turns) => {
      const bytes = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      const { heard, fault, printed, mark } = await listenTo(
        (delimiter) => Object.assign(bytes, { stdout: written(said, delimiter), stderr: written(saidOnStderr, delimiter) }),
        places,
        turns,
      );
      const whole = readWhole(bytes.stdout, mark);
      const wholeStderr = readWhole(bytes.stderr, mark);
      const judged = judge(whole.said, whole.refused, MAX_RESULT);
      const isBreachOnStderr =
        wholeStderr.refused || wholeStderr.said.some((part) => 'type' in part && part.type !== GuestFrame.Flushed);
      if (isBreachOnStderr || judged.kind === 'breach') assert.is((fault as { kind?: string } | null)?.kind, 'protocol');
      else if (!whole.refused) assert.is(fault, null);
      if (!isBreachOnStderr) assert.is(heard !== null, judged.kind === 'said');
      // Nothing more is read of either stream after a fault; the beginning of a frame that had come by then passes for text.
      for (const [stream, parts] of [
        ['stdout', whole.said],
        ['stderr', wholeStderr.said],
      ] as const) {
        const text = Buffer.concat(parts.map((part) => ('text' in part ? part.text : Buffer.alloc(0))));
        const got = Buffer.concat(printed[stream]);
        assert.ok(
          fault === null ? got.equals(text) : text.includes(got.subarray(0, Math.max(0, got.length - DELIMITER_BYTES + 1))),
          `${stream} as it was printed`,
        );
      }
      if (heard === null) return;
      assert.ok(judged.kind === 'said');
      assert.ok(isDeepStrictEqual(heard.end, judged.end));
      assert.ok(Buffer.concat(heard.value).equals(judged.value));
    },
  ),
};
