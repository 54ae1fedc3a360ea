import type { Socket } from 'node:net';
import { type Duplex, Readable, Writable } from 'node:stream';
import { type EndMark, lookForEnd } from './end-mark.js';
import { createFrameReader } from './stream-frames.js';

/** A container's three streams, taken apart from its one connection. None of them ever emits an error. */
export interface ContainerStreams {
  /** What is written here after the container's end goes nowhere. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** When both outputs have been delivered whole, or cut: null, or what was wrong with the connection. */
  readonly ended: Promise<Error | null>;
  /**
   * From now on everything is taken, however slow the readers are: an engine sees the end of a container only once its output
   * has been taken from it (Docker 20.10 did not even answer to a kill). What a dead container had in its pipes is little.
   */
  release(): void;
  /** Takes these bytes, which are not passed on, for the end of each output. */
  endAt(mark: Buffer): void;
  /** Whether there may be more to come. */
  isOpen(): boolean;
  /** Whether a reader is what keeps the rest from coming. */
  isHeldUp(): boolean;
  /** Whether the connection keeps this program alive, as it does from the start. */
  keepAlive(on: boolean): void;
  /** Ends both outputs now, with whatever has come. */
  cut(): void;
}

/** Should the engine not get to its kill, and the container print on and on to nobody. */
const RELEASED_LIMIT_IN_BYTES = 16 * 2 ** 20;

/**
 * Takes an attached connection apart. The connection is read only as fast as both outputs are: pausing one stops both.
 * (dockerode's own demuxStream recurses once per frame, ignores back-pressure, and never ends its outputs.)
 */
export function demultiplex(connection: Duplex): ContainerStreams {
  const full = new Set<Readable>();
  const output = () => {
    const emptied = () => {
      full.delete(readable);
      if (full.size === 0) connection.resume();
    };
    const readable: Readable = new Readable({ read: emptied });
    // A reader that gave up must not hold up the other output.
    return readable.once('close', emptied);
  };
  const stdout = output();
  const stderr = output();

  let settle: (problem: Error | null) => void = () => {};
  const ended = new Promise<Error | null>((resolve) => {
    settle = resolve;
  });
  let over = false;
  let released = false;
  const end = (problem: Error | null) => {
    if (over) return;
    over = true;
    for (const [readable, mark] of marks) {
      if (mark !== 'seen') readable.push(mark.rest());
    }
    stdout.push(null);
    stderr.push(null);
    connection.destroy();
    settle(problem);
  };

  const marks = new Map<Readable, EndMark | 'seen'>();
  /** What of these bytes is the output's own. */
  const upToMark = (readable: Readable, payload: Buffer): Buffer => {
    const mark = marks.get(readable);
    if (mark === undefined || mark === 'seen') return payload;
    const { bytes, isEnd } = mark.take(payload);
    if (isEnd) marks.set(readable, 'seen');
    return bytes;
  };
  const reader = createFrameReader((stream, all) => {
    const readable = stream === 'stdout' ? stdout : stderr;
    const payload = upToMark(readable, all);
    if (readable.destroyed || (released && readable.readableLength > RELEASED_LIMIT_IN_BYTES)) return;
    if (readable.push(payload) || released) return;
    full.add(readable);
    connection.pause();
  });
  connection.on('data', (chunk: Buffer) => {
    if (over) return;
    const problem = reader.take(chunk);
    if (problem !== null) end(problem);
    else if (marks.size > 0 && [...marks.values()].every((mark) => mark === 'seen')) end(null);
  });
  connection.on('end', () => end(reader.end()));
  connection.on('error', (error) => end(error));
  connection.on('close', () => end(new Error('The connection was closed')));

  const stdin = new Writable({
    // A container that is gone takes nothing; its exit says why.
    write: (chunk: Buffer, _encoding, done) => {
      if (connection.writable) connection.write(chunk, () => done());
      else done();
    },
    final: (done) => {
      if (connection.writable) connection.end(() => done());
      else done();
    },
  });
  const release = () => {
    released = true;
    full.clear();
    connection.resume();
  };
  return {
    stdin,
    stdout,
    stderr,
    ended,
    release,
    endAt(mark) {
      for (const readable of [stdout, stderr]) marks.set(readable, lookForEnd(mark));
    },
    isOpen: () => !over,
    isHeldUp: () => full.size > 0,
    keepAlive(on) {
      // Through ssh it is no socket, and can do the same.
      const socket = connection as Duplex & Partial<Pick<Socket, 'ref' | 'unref'>>;
      on ? socket.ref?.() : socket.unref?.();
    },
    cut: () => end(new Error('Cut')),
  };
}
