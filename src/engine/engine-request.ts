import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { Transport } from './transport.js';

/**
 * The two kinds of request that dockerode has no way to make: one that can be given up, and an attach without a body.
 * (dockerode sends its options as the body of an attach: 60 bytes that an engine may take for the container's input.)
 */

/** Answers of an engine to questions about itself are some kilobytes. */
const ANSWER_LIMIT_IN_BYTES = 16 * 2 ** 20;

/**
 * GETs a JSON answer.
 * @throws the socket's error, the signal's reason, or an error like dockerode's with `statusCode` and `json`
 */
export async function getJson(transport: Transport, path: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    begin(transport, { method: 'GET', path, signal }).once('response', resolve).once('error', reject).end();
  });
  const json = await readJson(response);
  if (response.statusCode !== 200) throw statusError(response.statusCode ?? 0, json);
  return json;
}

/** POSTs without a body, and takes the connection over: what is written to it, goes to the container. */
export async function upgrade(transport: Transport, path: string, signal: AbortSignal): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const request = begin(transport, { method: 'POST', path, signal, headers: { Connection: 'Upgrade', Upgrade: 'tcp' } });
    request.once('upgrade', (_response, connection: Duplex, head: Buffer) => {
      if (head.length > 0) connection.unshift(head);
      resolve(connection);
    });
    request.once('response', (response) => {
      readJson(response).then((json) => reject(statusError(response.statusCode ?? 0, json)), reject);
    });
    request.once('error', reject).end();
  });
}

function begin({ protocol, request }: Transport, options: http.RequestOptions): http.ClientRequest {
  return (protocol === 'https:' ? https : http).request({ ...request, ...options });
}

async function readJson(response: http.IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_IN_BYTES) throw new Error(`The answer is longer than ${ANSWER_LIMIT_IN_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below: what answers is no engine.
  }
  throw new Error(`HTTP ${response.statusCode}, and what answers is no engine: ${JSON.stringify(text.slice(0, 80))}`);
}

function statusError(statusCode: number, json: Record<string, unknown>): Error {
  return Object.assign(new Error(`HTTP ${statusCode}`), { statusCode, json });
}
