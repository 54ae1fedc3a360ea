import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { askJson, followLines, upgrade } from '../../../src/engine/engine-request.js';
import type { Transport } from '../../../src/engine/transport.js';
import { cutAt, cuts, jsonLike, type Mutation, mutate, mutations, someBytes } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';

/** A socket on which every request is answered with these bytes, whatever it is, and the connection ended. */
export async function serve(answer: readonly Buffer[]): Promise<{ transport: Transport; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      for (const chunk of answer) socket.write(chunk);
      socket.end();
    });
  });
  const socketPath = path.join(tmpdir(), `nisher-fuzz-${randomBytes(6).toString('hex')}.sock`);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A request that did not settle may hold one open.
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const agent = new http.Agent({ keepAlive: false });
  return { transport: { dockerode: {}, protocol: 'http:', request: { socketPath, agent } }, close };
}

const status = fc.constantFrom(
  '200 OK',
  '101 UPGRADED',
  '404 Not Found',
  '500 x',
  '100 Continue',
  '204 No Content',
  '304 x',
  '999 x',
);
const header = fc.constantFrom(
  ...[
    'Content-Type: application/json',
    'Connection: Upgrade',
    'Upgrade: tcp',
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
  ],
  ...['Content-Length: 99999999999', 'Content-Length: -1', 'Connection: close', `X: ${'x'.repeat(20_000)}`, 'no header at all'],
);
const body = fc.oneof(
  jsonLike(['StatusCode', 'Error', 'Message', 'message']).map((json) => Buffer.from(JSON.stringify(json))),
  someBytes(60),
  fc.constant(Buffer.from('5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n')),
);
const answers = fc
  .tuple(status, fc.array(header, { maxLength: 3 }), body, mutations)
  .map(([line, headers, content, list]: [string, string[], Buffer, Mutation[]]) =>
    mutate(Buffer.concat([Buffer.from(`HTTP/1.1 ${[line, ...headers].join('\r\n')}\r\n\r\n`), content]), list),
  );

/** Far more than any of this takes; a request that is not settled then, never is. */
const SETTLED_WITHIN_MS = 5_000;

async function settled(what: string, step: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not settled`)), SETTLED_WITHIN_MS);
  });
  const result = step.catch((error: unknown) => {
    assert.instance(error, Error);
    return null;
  });
  return await Promise.race([result, late]).finally(() => clearTimeout(timer));
}

/** Whatever answers: an object, a connection, or an Error, once the connection has ended. */
export const engineHttp: Fuzzed = {
  name: 'engine-http',
  quickRuns: 40,
  property: fc.asyncProperty(answers, cuts, async (answer, places) => {
    const { transport, close } = await serve(cutAt(answer, places.slice(0, 4)));
    const { signal } = new AbortController();
    try {
      const asked = askJson(transport, 'POST', '/containers/x/wait', signal);
      const [json, , , connection] = await Promise.all([
        settled('askJson', asked.answer),
        settled('accepted', asked.accepted),
        settled(
          'followLines',
          followLines(
            transport,
            '/events',
            signal,
            () => {},
            (line) => assert.type(line, 'object'),
          ),
        ),
        settled('upgrade', upgrade(transport, '/attach', signal)),
      ]);
      assert.type(json, 'object');
      (connection as { destroy(): void } | null)?.destroy();
    } finally {
      await close();
    }
  }),
};
