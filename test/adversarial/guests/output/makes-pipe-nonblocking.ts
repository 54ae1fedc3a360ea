import { Socket } from 'node:net';

/** Node makes the pipe non-blocking for a socket, and then it is filled. */
export default function makesPipeNonblocking(): Promise<string> {
  const socket = new Socket({ fd: 1, readable: false, writable: true });
  return new Promise((resolve) => socket.write('x'.repeat(3e6), () => resolve('v'.repeat(1e6))));
}
