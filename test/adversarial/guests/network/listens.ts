import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Listens wherever it can, tells its port, and for how long it has waited in vain for somebody. */
export default async function listens(waitInMs: number): Promise<string> {
  const server = createServer().listen(0, '0.0.0.0');
  await once(server, 'listening');
  console.log((server.address() as AddressInfo).port);
  const waited = new Promise((resolve) => setTimeout(resolve, waitInMs, 'nobody came'));
  return (await Promise.race([waited, once(server, 'connection').then(() => 'somebody came')])) as string;
}
