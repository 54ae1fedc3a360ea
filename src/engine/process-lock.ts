import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_IN_MS = 100;

/**
 * Waits until no other process of this machine holds the lock of that name, and takes it; null when that takes longer than
 * `timeoutInS`. The kernel gives it back when its holder ends, however that happens: it is an abstract Unix socket (unix(7)), no file.
 */
export async function takeProcessLock(name: string, timeoutInS: number): Promise<Disposable | null> {
  const deadline = performance.now() + timeoutInS * 1000;
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    try {
      server.listen(`\0${name}`);
      await once(server, 'listening');
      return { [Symbol.dispose]: () => void server.close() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
    if (performance.now() > deadline) return null;
    await sleep(POLL_IN_MS);
  }
}
