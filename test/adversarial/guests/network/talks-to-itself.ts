import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** Its own loopback works. */
export default async function talksToItself(): Promise<string> {
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [data] = (await once(connect((server.address() as AddressInfo).port, '127.0.0.1'), 'data')) as [Buffer];
  return data.toString();
}
