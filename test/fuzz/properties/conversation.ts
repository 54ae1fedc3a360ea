import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { converse, type Said as LastWord } from '../../../src/call/conversation.js';
import type { Payload } from '../../../src/payload/payload.js';
import { cutAt, cuts, someBytes } from '../arbitraries.js';
import { fakeSandbox } from '../fake-sandbox.js';
import type { Fuzzed } from '../fuzzed.js';
import { judge, transcripts } from '../transcript.js';
import { rawFrame, readWhole, type Said } from './frames.js';

const MAX_RESULT = 10_000;

/** As somebody who knows the delimiter writes it. */
function written(said: readonly Said[], mark: Buffer): Buffer {
  let sequence = 0;
  return Buffer.concat(said.map((part) => ('text' in part ? part.text : rawFrame(mark, part.type, sequence++, part.payload))));
}

/** What the host makes of a container that writes these bytes and ends. */
export async function listenTo(
  bytesFor: (delimiter: Buffer) => { stdout: Buffer; stderr: Buffer },
  places: readonly number[],
): Promise<{ heard: LastWord | null; fault: unknown; printed: number; mark: Buffer }> {
  const { sandbox, stdout, stderr, delimiter } = fakeSandbox();
  const conversation = converse(sandbox, MAX_RESULT);
  let printed = 0;
  conversation.onText = (_stream, bytes) => {
    printed += bytes.length;
  };
  conversation.onLoaded = () => conversation.sendArguments([randomBytes(3)]);
  conversation.onReady = () => conversation.go();
  conversation.sendJob({ entry: 'x', exportName: 'x', env: {}, maxResultInBytes: MAX_RESULT }, {
    archive: new Uint8Array(3),
  } as Payload);
  const bytes = bytesFor(delimiter());
  for (const chunk of cutAt(bytes.stdout, places)) if (chunk.length > 0) stdout.push(chunk);
  for (const chunk of cutAt(bytes.stderr, places)) if (chunk.length > 0) stderr.push(chunk);
  stdout.push(null);
  stderr.push(null);
  const heard = await conversation.said;
  await Promise.all([conversation.drained, conversation.flushed]);
  return { heard, fault: conversation.fault, printed, mark: delimiter() };
}

/**
 * Whatever a container says, and however it is cut: its last word and value where it kept to the protocol, a fault of the
 * protocol where it broke it before, and neither where it fell silent.
 */
export const conversation: Fuzzed = {
  name: 'conversation',
  quickRuns: 700,
  property: fc.asyncProperty(transcripts, someBytes(30), cuts, async (said, stderr, places) => {
    let stdout: Buffer = Buffer.alloc(0);
    const { heard, fault, mark } = await listenTo((delimiter) => {
      stdout = written(said, delimiter);
      return { stdout, stderr };
    }, places);
    const whole = readWhole(stdout, mark);
    const judged = judge(whole.said, whole.refused, MAX_RESULT);
    assert.is(heard !== null, judged.kind === 'said');
    if (judged.kind === 'breach') assert.is((fault as { kind?: string } | null)?.kind, 'protocol');
    if (judged.kind === 'silence') assert.is(fault, null);
    if (judged.kind !== 'said' || heard === null) return;
    assert.ok(isDeepStrictEqual(heard.end, judged.end));
    assert.ok(Buffer.concat(heard.value).equals(judged.value));
  }),
};
