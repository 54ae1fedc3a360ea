import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import * as assert from 'uvu/assert';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode, programOf } from '../support/machine-code.js';
import { enforceLimits } from '../support/spawned.js';

const { cases, test, after } = hostileSuite('the network from within');
const [ENOENT, ENETUNREACH, ECONNREFUSED, EPERM] = [2, 101, 111, 1];
const fails = (osErrno: number) => ({ exitStatus: 'SubprocessException', osErrno }) as const;

// What this program listens with, on its own loopback alone: no packet leaves the machine, whatever a container could do.
let reached = 0;
const abstractName = `\0nisher-test-${process.pid}`;
const listen = async (server: Server, ...where: [number, string] | [string]): Promise<Server> => {
  server.on('connection', (socket) => {
    reached++;
    socket.destroy();
  });
  if (where.length === 1) server.listen(where[0]);
  else server.listen(...where);
  await once(server, 'listening');
  return server.unref();
};
const tcp = await listen(createServer(), 0, '127.0.0.1');
const tcp6 = await listen(createServer(), 0, '::1').catch(() => null);
const abstract = await listen(createServer(), abstractName);
const udp = createSocket('udp4', () => reached++).bind(0, '127.0.0.1');
await once(udp, 'listening');
udp.unref();
const { port } = tcp.address() as AddressInfo;
after(() => {
  for (const socket of [tcp, tcp6, abstract, udp]) socket?.close();
});

cases({
  'there is no interface but loopback, and no route': {
    call: guest('network/lists-interfaces'),
    expected: { exitStatus: 0, result: { interfaces: ['lo'], routes: [], routes6: [] } },
  },
  'its own loopback works': { call: guest('network/talks-to-itself'), expected: { exitStatus: 0, result: 'hello' } },
  "the host's loopback is out of reach": {
    call: guest('network/connects'),
    args: [{ port, host: '127.0.0.1' }],
    expected: fails(ECONNREFUSED),
  },
  "the host's loopback is out of reach by the unspecified address": {
    call: guest('network/connects'),
    args: [{ port, host: '0.0.0.0' }],
    expected: fails(ECONNREFUSED),
  },
  "the host's datagram socket hears nothing": {
    call: guest('network/sends-datagram'),
    args: [udp.address().port, '127.0.0.1'],
    expected: { exitStatus: 0, result: 'sent' },
  },
  "the host's abstract socket is out of reach": {
    call: guest('network/connects'),
    args: [{ path: abstractName }],
    expected: fails(ECONNREFUSED),
  },
  "the engine's socket is not there": {
    call: guest('network/connects'),
    args: [{ path: '/var/run/docker.sock' }],
    expected: fails(ENOENT),
  },
  'names cannot be looked up, and that is told at once': {
    call: guest('network/looks-up-name'),
    args: ['nisher.invalid'],
    expected: { exitStatus: 0 },
    check({ result }) {
      const { codes, tookInS } = result as { codes: string[]; tookInS: number };
      assert.equal(codes, ['EAI_AGAIN', 'ECONNREFUSED']);
      assert.ok(tookInS < 3, `${tookInS} s`);
    },
  },
});

if (tcp6 !== null) {
  cases({
    "the host's loopback is out of reach by IPv6": {
      call: guest('network/connects'),
      args: [{ port: (tcp6.address() as AddressInfo).port, host: '::1' }],
      expected: fails(ECONNREFUSED),
    },
  });
} else test.skip("the host's loopback is out of reach by IPv6", 'it has no IPv6');

const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
if (ownAddress !== undefined) {
  cases({
    "the host's own address has no route to it": {
      call: guest('network/connects'),
      args: [{ port, host: ownAddress }],
      expected: fails(ENETUNREACH),
    },
    "datagrams to the host's own address have no route": {
      call: guest('network/sends-datagram'),
      args: [port, ownAddress],
      expected: fails(ENETUNREACH),
    },
  });
} else test.skip("the host's own address", 'it has none but loopback');

const [socket, ioctl, AF_INET, SOCK_DGRAM, SIOCSIFFLAGS, SIOCSIFADDR] = [41, 16, 2, 2, 0x8914, 0x8916];
const loopback = Buffer.concat([Buffer.from('lo'), Buffer.alloc(38)]);
// A program started with three descriptors gets the fourth.
const onSocket = (request: number) =>
  programOf({ number: socket, args: [AF_INET, SOCK_DGRAM, 0] }, { number: ioctl, args: [3, request, loopback] });
if (noMachineCode === null) {
  cases({
    'no interface can be changed': {
      call: guest('native/run-programs'),
      args: [{ flags: onSocket(SIOCSIFFLAGS), address: onSocket(SIOCSIFADDR) }],
      expected: {
        exitStatus: 0,
        result: { flags: { status: EPERM, signal: null }, address: { status: EPERM, signal: null } },
      },
    },
  });
} else test.skip('changes of interfaces', noMachineCode);

test('what a call listens on is out of reach for the host and for another call', async () => {
  const listening = enforceLimits({ wallTimeInS: 60 })(guest('network/listens')).run(3000);
  for await (const { data } of listening) {
    const port = Number(data.toString());
    const failure = await once(connect(port, '127.0.0.1'), 'error');
    assert.is((failure[0] as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    const other = await enforceLimits({ wallTimeInS: 60 })(guest('network/connects')).run({ port, host: '127.0.0.1' });
    assert.equal([other.exitStatus, other.osErrno], ['SubprocessException', ECONNREFUSED]);
  }
  assert.is((await listening).unwrap(), 'nobody came');
});

test('nothing of all that has reached this program', () => assert.is(reached, 0));
