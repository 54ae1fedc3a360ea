import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { createFrameReader } from '../../../src/engine/stream-frames.js';
import { cutAt, cuts, type Mutation, mutate, mutations, someBytes } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';

export interface EngineFrame {
  readonly stream: number;
  readonly payload: Buffer;
}

/** As the engine writes it. */
export function engineFrame({ stream, payload }: EngineFrame): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** What an engine may send on an attached connection, and what it may not. */
export const engineBytes: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: fc.record({ stream: fc.constantFrom(0, 1, 2), payload: someBytes(200) }).map(engineFrame) },
        { weight: 1, arbitrary: fc.record({ stream: fc.nat(255), payload: someBytes(9) }).map(engineFrame) },
        { weight: 1, arbitrary: someBytes(20) },
        // Declares what never comes.
        {
          weight: 1,
          arbitrary: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((length) => {
            const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
            header.writeUInt32BE(length, 4);
            return header;
          }),
        },
      ),
      { maxLength: 12 },
    ),
    mutations,
  )
  .map(([pieces, list]: [Buffer[], Mutation[]]) => mutate(Buffer.concat(pieces), list));

export interface Taken {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** How it went: `null` for a stream that ended between two frames. */
  readonly problem: 'no frame' | 'torn' | null;
}

/** What is to come of such bytes, told from all of them at once, as the format's description has it. */
export function takeApart(bytes: Buffer): Taken {
  const outputs: Buffer[][] = [[], []];
  let problem: Taken['problem'] = null;
  for (let at = 0; at < bytes.length && problem === null; ) {
    if (bytes.length - at < 8) problem = 'torn';
    else if (bytes.readUInt32BE(at) > 0x02ffffff || (bytes.readUInt32BE(at) & 0xffffff) !== 0) problem = 'no frame';
    else {
      const [stream = 0, length] = [bytes[at], bytes.readUInt32BE(at + 4)];
      outputs[stream === 2 ? 1 : 0]?.push(bytes.subarray(at + 8, at + 8 + length));
      if (bytes.length - at - 8 < length) problem = 'torn';
      at += 8 + length;
    }
  }
  const [stdout = [], stderr = []] = outputs;
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), problem };
}

/** Whatever the bytes and however cut: the same two streams, as far as they are frames. */
export const streamFrames: Fuzzed = {
  name: 'stream-frames',
  quickRuns: 1000,
  property: fc.property(engineBytes, cuts, (bytes, places) => {
    const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const reader = createFrameReader((stream, payload) => {
      assert.ok(payload.length > 0);
      got[stream].push(payload);
    });
    let refused: Error | null = null;
    for (const chunk of cutAt(bytes, places)) {
      refused = reader.take(chunk);
      if (refused !== null) break;
    }
    const problem = refused !== null ? 'no frame' : reader.end() !== null ? 'torn' : null;
    const taken = { stdout: Buffer.concat(got.stdout), stderr: Buffer.concat(got.stderr), problem };
    assert.equal(taken, takeApart(bytes));
  }),
};
