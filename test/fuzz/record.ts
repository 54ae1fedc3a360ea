/**
 * `tsx test/fuzz/record.ts`: has some functions called in containers, and writes down every byte that the engine sent of them, to
 * recordings.json: what test/fuzz/properties/recorded.ts changes and plays again. To be run anew when the protocol changes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { converse } from '../../src/call/conversation.js';
import type { Sandbox } from '../../src/call/sandbox.js';
import { connect } from '../../src/engine/connect.js';
import { containerOptions } from '../../src/engine/container-options.js';
import { upgrade } from '../../src/engine/engine-request.js';
import { ensureImage } from '../../src/engine/image.js';
import { formatOwner, thisOwner } from '../../src/engine/owner.js';
import { demultiplex } from '../../src/engine/streams.js';
import { packInline } from '../../src/payload/pack-inline.js';
import { fromFunction } from '../../src/targets/from-function.js';
import { encode } from '../../src/wire/codec.js';
import { createMessageParser } from '../../src/wire/messages.js';
import { HostMessage, type Job } from '../../src/wire/protocol.js';
import type { Recording } from './properties/recorded.js';

const functions: Record<string, () => unknown> = {
  returns: () => {
    console.log('on stdout');
    console.error('on stderr');
    return { n: 1n, map: new Map([['a', new Set([1])]]), date: new Date(0) };
  },
  throws: () => {
    throw new AggregateError([new TypeError('inner', { cause: { code: 'ENOENT', errno: -2 } })], 'outer');
  },
  'returns bytes': () => new Uint8Array(9000).fill(7),
};
const maxResultInBytes = 2 ** 20;

async function record(name: string, source: () => unknown): Promise<Recording> {
  const engine = await connect(null);
  const image = await ensureImage(engine);
  const payload = await packInline(fromFunction(source));
  const spec = {
    ...{ memInBytes: null, cpus: null, extraTasks: null, cpuBackstopInS: { soft: 10, hard: 11 }, scratchInBytes: 2 ** 20 },
    ...{ codeInBytes: payload.unpackedInBytes, nodeArguments: [], deadline: Date.now() + 60_000 },
    ...{ image: null, runtime: null, network: 'none', layer: null },
  };
  const { cores, flavour } = engine.info;
  const owner = formatOwner(thisOwner());
  const surroundings = {
    name: `nisher-record-${process.pid}-${recordings.length}`,
    image: image.name,
    owner,
    cores,
    flavour,
    runnerTasks: image.tasks,
    volumes: image.volumes,
    hosts: null,
  };
  const container = await engine.docker.createContainer(containerOptions(spec, surroundings));
  const path = `/containers/${container.id}/attach?stream=1&stdin=1&stdout=1&stderr=1`;
  const connection = await upgrade(engine.transport, path, AbortSignal.timeout(60_000));
  const chunks: Buffer[] = [];
  const streams = demultiplex(connection);
  connection.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
  let delimiter = '';
  const said = createMessageParser((type, bytes) => {
    if (type === HostMessage.Job) ({ delimiter } = JSON.parse(Buffer.from(bytes).toString()) as Job);
  });
  const write = streams.stdin.write.bind(streams.stdin);
  streams.stdin.write = ((bytes: Uint8Array) => {
    said.push(bytes);
    return write(bytes);
  }) as typeof write;
  const conversation = converse(streams as unknown as Sandbox, maxResultInBytes);
  conversation.onLoaded = () => conversation.sendArguments(encode([], { root: 'arguments', maxBytes: 100 }));
  conversation.onReady = () => conversation.go();
  await container.start();
  conversation.sendJob(
    { entry: payload.entry, exportName: payload.exportName, env: {}, maxResultInBytes, workingFolder: '', source: null },
    payload,
  );
  const last = await conversation.said;
  if (last === null) throw new Error(`${name}: ${conversation.fault?.message}`);
  conversation.release();
  await conversation.drained;
  return { name, delimiter, status: last.end.status, bytes: Buffer.concat(chunks).toString('base64') };
}

const recordings: Recording[] = [];
for (const [name, source] of Object.entries(functions)) recordings.push(await record(name, source));
writeFileSync(fileURLToPath(new URL('recordings.json', import.meta.url)), `${JSON.stringify(recordings, null, 2)}\n`);
