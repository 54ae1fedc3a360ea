import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { converse } from '../../../src/call/conversation.js';
import { demultiplex } from '../../../src/engine/streams.js';
import type { Payload } from '../../../src/payload/payload.js';
import { cutAt, cuts, mutate, mutations } from '../arbitraries.js';
import { fakeSandbox } from '../fake-sandbox.js';
import type { Fuzzed } from '../fuzzed.js';
import { judge } from '../transcript.js';
import { decodeOrRefuse } from './codec.js';
import { readWhole } from './frames.js';
import { takeApart } from './stream-frames.js';

/** What an engine sent of a real call, from the first byte to the last. */
export interface Recording {
  readonly name: string;
  readonly delimiter: string;
  /** Of the call's last word. */
  readonly status: string;
  /** base64 */
  readonly bytes: string;
}

const recordings = JSON.parse(readFileSync(new URL('../recordings.json', import.meta.url), 'utf8')) as Recording[];
const MAX_RESULT = 2 ** 20;

function replaceAll(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  for (let at = changed.indexOf(from); at !== -1; at = changed.indexOf(from, at + to.length)) to.copy(changed, at);
  return changed;
}

/**
 * A real call, changed on its way between the container and the host: its last word and value where they still keep to the protocol,
 * unharmed where nothing was changed, and no others.
 */
export const recorded: Fuzzed = {
  name: 'recorded',
  quickRuns: 300,
  property: fc.asyncProperty(fc.constantFrom(...recordings), mutations, cuts, async (recording, list, places) => {
    const { sandbox, delimiter } = fakeSandbox();
    const connection = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    const { stdout, stderr } = demultiplex(connection);
    const conversation = converse({ ...sandbox, stdout, stderr }, MAX_RESULT);
    conversation.onLoaded = () => conversation.sendArguments([new Uint8Array(3)]);
    conversation.onReady = () => conversation.go();
    const job = { entry: 'x', exportName: 'x', env: {}, maxResultInBytes: MAX_RESULT, workingFolder: '', source: null };
    conversation.sendJob(job, { archive: new Uint8Array(3) } as Payload);
    const original = Buffer.from(recording.bytes, 'base64');
    const bytes = mutate(replaceAll(original, Buffer.from(recording.delimiter, 'hex'), delimiter()), list);
    for (const chunk of cutAt(bytes, places)) if (chunk.length > 0) connection.push(chunk);
    connection.push(null);
    const heard = await conversation.said;
    await conversation.drained;
    if (list.length === 0) assert.is(heard?.end.status, recording.status);
    if (heard === null) return;
    const whole = readWhole(takeApart(bytes).stdout, delimiter());
    const judged = judge(whole.said, whole.refused, MAX_RESULT);
    // Not the whole of it: what is no number or no flag of its last word is read as best it can be.
    assert.ok(judged.kind === 'said' && heard.end.status === judged.end.status);
    assert.ok(Buffer.concat(heard.value).equals(judged.value));
    decodeOrRefuse(judged.value);
  }),
};
