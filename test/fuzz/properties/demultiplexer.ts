import { Duplex, type Readable } from 'node:stream';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { demultiplex } from '../../../src/engine/streams.js';
import { cutAt, cuts } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';
import { engineBytes, takeApart } from './stream-frames.js';

/** How a connection ends. */
const endings = fc.constantFrom('end', 'break', 'vanish', 'cut');

/** Until it ends. */
export async function readAll(readable: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readable as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Both outputs end, without an error, with no byte that was not sent; and with all of them, where the connection ended in order. */
export const demultiplexer: Fuzzed = {
  name: 'demultiplexer',
  quickRuns: 300,
  property: fc.asyncProperty(engineBytes, cuts, endings, fc.boolean(), async (bytes, places, ending, released) => {
    const connection = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    const streams = demultiplex(connection);
    const reading = Promise.all([readAll(streams.stdout), readAll(streams.stderr)]);
    if (released) streams.release();
    for (const chunk of cutAt(bytes, places)) if (chunk.length > 0) connection.push(chunk);
    if (ending === 'end') connection.push(null);
    else
      setImmediate(() =>
        ending === 'cut' ? streams.cut() : connection.destroy(ending === 'break' ? new Error('x') : undefined),
      );
    const [[stdout, stderr], problem] = await Promise.all([reading, streams.ended]);
    const expected = takeApart(bytes);
    assert.ok(expected.stdout.subarray(0, stdout.length).equals(stdout));
    assert.ok(expected.stderr.subarray(0, stderr.length).equals(stderr));
    if (ending === 'end') {
      assert.is(stdout.length + stderr.length, expected.stdout.length + expected.stderr.length);
      assert.is(problem === null, expected.problem === null);
    }
    assert.not.ok(streams.isOpen());
    assert.ok(connection.destroyed);
  }),
};
