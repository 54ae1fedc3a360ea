import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode, programOf, type SystemCall } from '../support/machine-code.js';
import { enforceLimits } from '../support/spawned.js';
import { throughRing } from './io-uring.js';

// Operations of a ring are none of the system calls that seccomp sees. Docker's profile refuses rings from 25 on; where it does not, all
// else must hold: rights, the read-only root, namespaces, capabilities.
const { test, before, after } = hostileSuite('what io_uring gives');
const { EPERM, ENOSYS, ENOENT, EACCES, EROFS, ECONNREFUSED } = constants.errno;
const REFUSED_SINCE = 25;

const folder = mkdtempSync(path.join(tmpdir(), 'nisher-secret-'));
const secret = path.join(folder, 'secret.txt');
writeFileSync(secret, 'secret');
let reached = 0;
const server = createServer(() => reached++).listen(0, '127.0.0.1');
await once(server.unref(), 'listening');
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const [OPENAT, UNLINKAT, CONNECT, SOCKET] = [18, 36, 16, 45];
const [readOnly, writeOnly, INET, PACKET, STREAM, RAW] = [0, 1, 2, 17, 1, 3];
const [WORKING_DIRECTORY, ADDRESS_BYTES] = [-100, 16];
const opened = (file: string, flags: number) =>
  throughRing({ opcode: OPENAT, descriptor: WORKING_DIRECTORY, bytes: Buffer.from(`${file}\0`), flags });
const socket: SystemCall = { number: 41, args: [INET, STREAM, 0] };
const { port } = server.address() as AddressInfo;
const address = Buffer.from([INET, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

/** What each comes to where rings can be had. */
const operations: { readonly [name: string]: { program: Uint8Array; errno: number } } = {
  'a file of the image is read, as it may be': { program: opened('/etc/passwd', readOnly), errno: 0 },
  "a host's file is not there": { program: opened(secret, readOnly), errno: ENOENT },
  'a file of the image cannot be written': { program: opened('/etc/passwd', writeOnly), errno: EACCES },
  'a file of the image cannot be removed': {
    program: throughRing({ opcode: UNLINKAT, descriptor: WORKING_DIRECTORY, bytes: Buffer.from('/nisher/runner.cjs\0') }),
    errno: EROFS,
  },
  'a setting of the kernel cannot be written': { program: opened('/proc/sys/kernel/core_pattern', writeOnly), errno: EACCES },
  "the init's program cannot be written": { program: opened('/proc/1/exe', writeOnly), errno: EACCES },
  "the host's loopback is out of reach": {
    program: throughRing({ opcode: CONNECT, descriptor: 3, bytes: address, offset: ADDRESS_BYTES }, [socket], 4),
    errno: ECONNREFUSED,
  },
  'there is no raw socket': {
    program: throughRing({ opcode: SOCKET, descriptor: INET, offset: RAW, length: 1 }),
    errno: EPERM,
  },
  'there is no packet socket': {
    program: throughRing({ opcode: SOCKET, descriptor: PACKET, offset: RAW, length: 0x300 }),
    errno: EPERM,
  },
};

if (noMachineCode === null) {
  const setup = programOf({ number: 425, args: [8, Buffer.alloc(120)] });
  const { version } = (await connect(null)).info;
  let ends: { [name: string]: { status: number | null; signal: string | null } } = {};
  before(async () => {
    const programs = Object.entries(operations).map(([name, { program }]) => [name, program]);
    const run = enforceLimits({ wallTimeInS: 60 })(guest('native/run-programs')).run({
      setup,
      ...Object.fromEntries(programs),
    });
    ends = (await run).unwrap() as typeof ends;
  });
  /** The engine's seccomp profile refuses it, or this machine's kernel does (kernel.io_uring_disabled). */
  const isRefused = () => [EPERM, ENOSYS].some((errno) => errno === ends.setup?.status);
  test(`a ring is refused from Docker ${REFUSED_SINCE} on`, () => {
    if (Number.parseInt(version, 10) >= REFUSED_SINCE) assert.ok(isRefused(), JSON.stringify(ends.setup));
    else assert.ok(isRefused() || ends.setup?.status === 0, JSON.stringify(ends.setup));
  });
  for (const [name, { errno }] of Object.entries(operations))
    test(`${name}, by way of a ring or without one`, () => {
      assert.equal(ends[name], { status: isRefused() ? (ends.setup?.status ?? null) : errno, signal: null });
    });
} else test.skip('operations of a ring', noMachineCode);

test('nothing of all that has reached this program', () => assert.is(reached, 0));
