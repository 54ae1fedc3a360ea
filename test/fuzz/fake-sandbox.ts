import { PassThrough, Readable } from 'node:stream';
import type { Sandbox } from '../../src/call/sandbox.js';
import { createMessageParser } from '../../src/wire/messages.js';
import { HostMessage, type Job } from '../../src/wire/protocol.js';

/** A container that is nothing but its streams. */
export function fakeSandbox(): { sandbox: Sandbox; stdout: Readable; stderr: Readable; delimiter: () => Buffer } {
  const stdin = new PassThrough();
  const [stdout, stderr] = [new Readable({ read: () => {} }), new Readable({ read: () => {} })];
  let delimiter: Buffer = Buffer.alloc(0);
  const parser = createMessageParser((type, payload) => {
    if (type === HostMessage.Job)
      delimiter = Buffer.from((JSON.parse(Buffer.from(payload).toString()) as Job).delimiter, 'hex');
  });
  const write = stdin.write.bind(stdin);
  stdin.write = ((chunk: Uint8Array) => {
    parser.push(chunk);
    return write(chunk);
  }) as typeof stdin.write;
  stdin.resume();
  const sandbox: Sandbox = {
    id: 'fake',
    stdin,
    stdout,
    stderr,
    exited: new Promise(() => {}),
    timings: { create: 0, start: 0 },
    meter: 'cgroup',
    usage: () => null,
    resetPeak: () => {},
    findPipes: () => {},
    writeStdin: () => false,
    keepAlive: () => {},
    kill: async () => {},
    remove: async () => ({ leftBehind: null }),
  };
  return { sandbox, stdout, stderr, delimiter: () => delimiter };
}
