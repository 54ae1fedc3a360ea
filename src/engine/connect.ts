import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import type Docker from 'dockerode';
import type { PynisherError } from '../exceptions.js';
import { chooseEndpoints } from './endpoints.js';
import { EngineError, toEngineError } from './engine-error.js';
import { type EngineInfo, engineInfo } from './engine-info.js';
import { getJson } from './engine-request.js';
import type { Endpoint } from './engine-url.js';
import { firstToAnswer } from './first-to-answer.js';
import { makeTransport, type Transport } from './transport.js';

/** An engine that has answered. */
export interface Engine {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  /** As it was when the connection was made. */
  readonly info: EngineInfo;
}

/** An engine that has not said who it is by then, is taken for one that does not answer. */
const ANSWER_TIME_IN_MS = 5_000;

/** One connection for each choice of endpoints, for the whole process. */
const connections = new Map<string, Promise<Engine>>();

/**
 * The engine at that URL, or where the docker command would find one.
 * @param url null: DOCKER_HOST, the current docker context, or the first of the usual sockets that answers
 * @throws EngineError within 5 s: `no-engine`, `no-answer`, `permission`, `bad-endpoint`, `tls`
 */
export async function connect(url: string | null): Promise<Engine> {
  const endpoints = chooseEndpoints(url, { env: process.env, home: homedir(), uid: process.getuid?.() ?? 0, readText });
  const key = JSON.stringify(endpoints);
  let connection = connections.get(key);
  if (connection === undefined) {
    connection = connectToFirst(endpoints);
    connections.set(key, connection);
    // A failure is not kept: the engine may be there the next time.
    connection.catch(() => connections.delete(key));
  }
  return await connection;
}

async function connectToFirst(endpoints: readonly Endpoint[]): Promise<Engine> {
  if (endpoints.length === 1) return await connectTo(endpoints[0] as Endpoint, ANSWER_TIME_IN_MS);
  const present = endpoints.filter((endpoint) => endpoint.kind !== 'unix' || existsSync(endpoint.path));
  const until = performance.now() + ANSWER_TIME_IN_MS;
  const asks = present.map((endpoint) => () => connectTo(endpoint, Math.ceil(until - performance.now())));
  try {
    return await firstToAnswer(asks, ANSWER_TIME_IN_MS / present.length);
  } catch (error) {
    throw nobodyAnswered(endpoints, (error as AggregateError).errors as PynisherError[]);
  }
}

async function connectTo(endpoint: Endpoint, timeInMs: number): Promise<Engine> {
  const transport = makeTransport(endpoint);
  const signal = AbortSignal.timeout(timeInMs);
  try {
    const [info, version] = await Promise.all([getJson(transport, '/info', signal), getJson(transport, '/version', signal)]);
    if (typeof version.ApiVersion !== 'string') throw new Error('what answers is no engine');
    return { docker: await makeDocker(transport), endpoint, transport, info: engineInfo(info, version) };
  } catch (error) {
    // Half an answer ends as a connection that broke.
    throw notConnected(endpoint, signal.aborted ? signal.reason : error, timeInMs);
  }
}

async function makeDocker({ dockerode }: Transport): Promise<Docker> {
  const { default: Dockerode } = await import('dockerode');
  // docker-modem reads DOCKER_HOST even when told where to go, and throws for one that it cannot parse.
  const { DOCKER_HOST } = process.env;
  delete process.env.DOCKER_HOST;
  try {
    return new Dockerode(dockerode);
  } finally {
    if (DOCKER_HOST !== undefined) process.env.DOCKER_HOST = DOCKER_HOST;
  }
}

function notConnected({ url, source }: Endpoint, error: unknown, timeInMs: number): PynisherError {
  const told = toEngineError(error, 'say who it is') as EngineError;
  const where = `the Docker engine at ${url} (${source})`;
  const messages: Partial<Record<EngineError['kind'], string>> = {
    'no-answer': `No answer from ${where} within ${Math.round(timeInMs / 100) / 10} s`,
    permission: `Permission denied: this user may not talk to ${where}`,
    'no-engine': `Nothing listens at ${url} (${source}): ${(error as Error).message}`,
    tls: `No TLS connection with ${where}: ${(error as Error).message}`,
    connection: `The connection with ${where} broke: ${(error as Error).message}`,
  };
  return new EngineError(told.kind, messages[told.kind] ?? `No Docker engine answers at ${url} (${source}): ${told.summary}`, {
    cause: error,
    hint: told.hint ?? "Is it a Docker engine, or Podman's service, that listens there?",
  });
}

/** The one problem worth telling: a socket that is there and cannot be used says more than those that are missing. */
function nobodyAnswered(endpoints: readonly Endpoint[], problems: readonly PynisherError[]): PynisherError {
  const telling = problems.find((problem) => !(problem instanceof EngineError && problem.kind === 'no-engine'));
  if (telling !== undefined) return telling;
  return new EngineError(
    'no-engine',
    `No Docker engine found: nothing listens at ${endpoints.map(({ url }) => url).join(', ')}`,
    {
      cause: problems[0],
      hint: 'Start one with `nisher engine start`, or install it: `sudo apt-get install -y docker.io`',
    },
  );
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
