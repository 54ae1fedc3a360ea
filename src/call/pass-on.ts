/** What this module knows of a stream that calls share: how many writes are under way, and who waits for room. */
interface Shared {
  writes: number;
  readonly waiting: Set<() => void>;
}

const streams = new WeakMap<NodeJS.WritableStream, Shared>();

/**
 * Writes to a stream that many calls share, this process's stdout for one. When it is full, `resume` is called once there is room
 * again. A reader that has gone away (EPIPE) is no reason to fail: as with `console`, what it would have read is dropped.
 */
export function passOn(stream: NodeJS.WritableStream, data: Uint8Array, resume: () => void): 'ok' | 'full' {
  if (!stream.writable) return 'ok';
  const shared = streams.get(stream) ?? { writes: 0, waiting: new Set() };
  streams.set(stream, shared);
  // One listener however many writes are under way: eleven would make Node warn of a leak.
  if (shared.writes++ === 0) stream.on('error', ignore);
  const hasRoom = stream.write(data, () => {
    if (--shared.writes === 0) stream.off('error', ignore);
  });
  if (hasRoom) return 'ok';
  if (shared.waiting.size === 0) wakeWhenDrained(stream, shared.waiting);
  shared.waiting.add(resume);
  return 'full';
}

function wakeWhenDrained(stream: NodeJS.WritableStream, waiting: Set<() => void>): void {
  const events = ['drain', 'close', 'error'];
  const wake = () => {
    for (const event of events) stream.off(event, wake);
    const callbacks = [...waiting];
    waiting.clear();
    for (const callback of callbacks) callback();
  };
  for (const event of events) stream.on(event, wake);
}

function ignore(): void {}
