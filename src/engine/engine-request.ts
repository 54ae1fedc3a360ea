import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { jsonLines } from './json-lines.js';
import type { Transport } from './transport.js';

/**
 * The requests that dockerode cannot make so that a call may rely on them: it sends its options as the body of an attach, which an
 * engine may take for the container's input; and a request whose answer breaks off in the middle (a `wait`, when the engine is
 * restarted) never settles with it.
 */

/** Answers of an engine are some kilobytes. */
const ANSWER_LIMIT_IN_BYTES = 16 * 2 ** 20;

/** An answer that may be long in coming. */
export interface Asked {
  /** When the engine has taken the request up; rejects like `answer`. */
  readonly accepted: Promise<void>;
  /** Rejects with the socket's error, the signal's reason, or an error like dockerode's, with `statusCode` and `json`. */
  readonly answer: Promise<Record<string, unknown>>;
  /** Whether waiting for it keeps this program alive, as it does at first. */
  keepAlive(on: boolean): void;
}

/** Asks for JSON. */
export function askJson(transport: Transport, method: 'GET' | 'POST', path: string, signal?: AbortSignal): Asked {
  const request = begin(transport, { method, path, ...(signal !== undefined && { signal }) });
  const responding = respond(request);
  const accepted = responding.then((response) => (response.statusCode === 200 ? undefined : refuse(response)));
  const answer = accepted.then(() => responding).then(readJson);
  // Whoever waits for one of the two need not wait for the other.
  accepted.catch(() => {});
  answer.catch(() => {});
  return { accepted, answer, keepAlive: (on) => (on ? request.socket?.ref() : request.socket?.unref()) };
}

/** GETs JSON that is there at once. */
export async function getJson(transport: Transport, path: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  return await askJson(transport, 'GET', path, signal).answer;
}

/** DELETEs. Rejects like an answer of {@link askJson}. */
export async function remove(transport: Transport, path: string, signal: AbortSignal): Promise<void> {
  const response = await respond(begin(transport, { method: 'DELETE', path, signal }));
  if (response.statusCode !== 204 && response.statusCode !== 200) await refuse(response);
  response.resume();
}

/**
 * Follows an answer of one JSON object per line, without keeping this program alive for it.
 * @param onOpen told when it was, by the engine's clock, in whole seconds of Unix time; null where it does not say
 */
export async function followLines(
  transport: Transport,
  path: string,
  signal: AbortSignal,
  onOpen: (at: number | null) => void,
  onLine: (line: Record<string, unknown>) => void,
): Promise<void> {
  const request = begin(transport, { method: 'GET', path, signal });
  request.once('socket', (socket) => socket.unref());
  const response = await respond(request);
  if (response.statusCode !== 200) await refuse(response);
  const date = Date.parse(response.headers.date ?? '');
  onOpen(Number.isNaN(date) ? null : date / 1000);
  for await (const line of jsonLines(response)) onLine(line);
}

/** POSTs without a body, and takes the connection over: what is written to it, goes to the container. */
export async function upgrade(transport: Transport, path: string, signal: AbortSignal): Promise<Duplex> {
  const request = begin(transport, { method: 'POST', path, signal, headers: { Connection: 'Upgrade', Upgrade: 'tcp' } });
  const upgraded = new Promise<Duplex>((resolve) => {
    request.once('upgrade', (_response, connection: Duplex, head: Buffer) => {
      if (head.length > 0) connection.unshift(head);
      resolve(connection);
    });
  });
  return await Promise.race([upgraded, respond(request).then(refuse)]);
}

function begin({ protocol, request }: Transport, options: http.RequestOptions): http.ClientRequest {
  return (protocol === 'https:' ? https : http).request({ ...request, ...options });
}

async function respond(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request.once('response', resolve);
    // No error tells of an answer that switches protocols unasked: node then only closes the connection.
    request.once('close', () => reject(new Error('The connection was closed without an answer')));
    // Later errors reach the reader of the response.
    request.on('error', reject).end();
  });
}

async function refuse(response: http.IncomingMessage): Promise<never> {
  const { statusCode } = response;
  throw Object.assign(new Error(`HTTP ${statusCode}`), { statusCode, json: await readJson(response) });
}

async function readJson(response: http.IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_IN_BYTES) throw new Error(`The answer is longer than ${ANSWER_LIMIT_IN_BYTES} bytes`);
    chunks.push(chunk);
  }
  return parseObject(Buffer.concat(chunks).toString(), response.statusCode);
}

function parseObject(text: string, statusCode: number | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new Error(`HTTP ${statusCode}, and what answers is no engine: ${JSON.stringify(text.slice(0, 80))}`);
}
