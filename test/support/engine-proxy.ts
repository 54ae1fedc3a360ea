import { rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStep } from './steps.js';

/** What becomes of a request on its way to the engine; nothing in particular: it and its answer are passed on. */
export type Fate =
  | undefined
  /** Passed on that much later. */
  | { kind: 'late'; ms: number }
  /** Answered with an error; the engine hears nothing of it. */
  | { kind: 'refused'; status: number }
  /** The connection breaks; the engine hears nothing of it. */
  | { kind: 'lost' }
  /** The connection breaks when so many bytes of the engine's answer have been passed on: 0 as soon as there is one. */
  | { kind: 'cut'; afterBytes: number }
  /** The first that the engine says, an answer's head, is passed on; the rest never comes. */
  | { kind: 'begun' }
  /** The engine does it; the client is told that it could not. */
  | { kind: 'belied'; status: number }
  /** When so many bytes of the engine's answer have been passed on, the rest waits for that. */
  | { kind: 'halfway'; afterBytes: number; until: () => Promise<void> }
  /** The engine does it, and has said so; the answer never comes. `detached`: even for a client that is gone. */
  | { kind: 'swallowed'; answered?: () => void; detached?: boolean };

export interface ProxiedRequest {
  readonly method: string;
  /** Without a version in front. */
  readonly path: string;
}

export interface EngineProxy extends AsyncDisposable {
  readonly url: string;
  readonly socketPath: string;
  /** Ids of the containers that the engine has made, whatever became of its answers. */
  readonly containers: ReadonlySet<string>;
  /** Breaks the connections of requests that are under way; says how many. */
  cut(isMeant: (request: ProxiedRequest) => boolean): number;
}

let proxies = 0;

/**
 * A unix socket between nisher and an engine: requests go through to the engine, but for what `decide` says. A connection carries one
 * request, as nisher makes them.
 * @param overhear is given what the engine says, in pieces as they come
 */
export async function openEngineProxy(
  enginePath: string,
  decide: (request: ProxiedRequest) => Fate | Promise<Fate>,
  overhear: (request: ProxiedRequest, piece: Buffer) => void = () => {},
): Promise<EngineProxy> {
  const socketPath = path.join(tmpdir(), `nisher-proxy-${process.pid}-${++proxies}.sock`);
  const open = new Set<net.Socket>();
  const underWay = new Map<net.Socket, ProxiedRequest>();
  const containers = new Set<string>();
  const track = (socket: net.Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    return socket.on('error', () => {});
  };
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    let head = Buffer.alloc(0);
    const collect = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      if (!isWhole(head)) return;
      client.off('data', collect).pause();
      void handle(client, head);
    };
    client.on('data', collect);
  });
  const handle = async (client: net.Socket, head: Buffer) => {
    const [method = '', url = ''] = head.toString('latin1').split(' ', 2);
    const request = { method, path: url.replace(/^\/v\d+\.\d+(?=\/)/, '') };
    const fate = await decide(request);
    if (fate?.kind === 'late') await sleep(fate.ms);
    const detached = fate?.kind === 'swallowed' && fate.detached === true;
    if (fate?.kind === 'lost' || (client.destroyed && !detached)) return void client.destroy();
    if (fate?.kind === 'refused') return refuse(client, fate.status);
    const engine = track(net.connect({ path: enginePath, allowHalfOpen: true }));
    underWay.set(client, request);
    client.once('close', () => underWay.delete(client));
    engine.on('data', (piece: Buffer) => overhear(request, piece));
    if (isStep('create', request)) noteId(engine, containers);
    if (fate?.kind !== 'begun' && fate?.kind !== 'belied') engine.once('close', () => client.destroy());
    if (!detached) client.once('close', () => engine.destroy());
    engine.write(head);
    if (!detached) client.pipe(engine);
    if (fate?.kind === 'swallowed') engine.once('data', () => fate.answered?.()).resume();
    else if (fate?.kind === 'begun') engine.once('data', (chunk: Buffer) => client.write(chunk)).resume();
    else if (fate?.kind === 'belied') engine.once('data', () => refuse(client, fate.status)).resume();
    else if (fate?.kind === 'halfway') passHalfway(engine, client, fate.afterBytes, fate.until);
    else if (fate?.kind === 'cut') passSome(engine, client, fate.afterBytes);
    else engine.pipe(client);
  };
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    url: `unix://${socketPath}`,
    socketPath,
    containers,
    cut(isMeant) {
      const meant = [...underWay].filter(([, request]) => isMeant(request));
      for (const [client] of meant) client.destroy();
      return meant.length;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
      await rm(socketPath, { force: true });
    },
  };
}

function refuse(client: net.Socket, status: number): void {
  const body = JSON.stringify({ message: 'disturbed by a test' });
  client.end(`HTTP/1.1 ${status} Disturbed\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  client.resume();
}

/** Reads the id out of the answer to the creation of a container. */
function noteId(engine: net.Socket, containers: Set<string>): void {
  let answer = '';
  engine.on('data', (piece: Buffer) => {
    answer += piece.toString('latin1');
    const id = /"Id":"([0-9a-f]{64})"/.exec(answer)?.[1];
    if (id !== undefined) containers.add(id);
  });
}

function passHalfway(engine: net.Socket, client: net.Socket, bytes: number, until: () => Promise<void>): void {
  let passed = 0;
  const pass = (piece: Buffer) => {
    client.write(piece);
    passed += piece.length;
    if (passed < bytes) return;
    engine.off('data', pass).pause();
    void until().then(() => engine.pipe(client));
  };
  engine.on('data', pass).once('end', () => client.end());
}

function passSome(engine: net.Socket, client: net.Socket, bytes: number): void {
  let left = bytes;
  engine.on('data', (chunk: Buffer) => {
    client.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) client.end(() => client.destroy());
  });
}

/** With the body, where its length is known. */
function isWhole(request: Buffer): boolean {
  const end = request.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /^content-length: *(\d+)/im.exec(request.toString('latin1', 0, end))?.[1] ?? '0';
  return request.length >= end + 4 + Number(length);
}
