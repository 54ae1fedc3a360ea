import { Buffer } from 'node:buffer';
import fs from 'node:fs';

// Now, and not when they are called: the function may replace them.
const { writeSync } = fs;
const { byteLength, from } = Buffer;
const { apply } = Reflect;

/** Of a stream that Node makes for a pipe, what it is made of. */
interface PipeStream {
  readonly _handle?: { setBlocking?(blocking: boolean): number } | null;
  _write(chunk: string | Uint8Array, encoding: BufferEncoding, done: (error?: unknown) => void): void;
  /** Absent: chunks that wait are written one by one. */
  _writev?: unknown;
}

/**
 * Makes process.stdout and process.stderr write at once. Node's writes to a pipe that is full wait for the event loop: of
 * 1 MB printed before process.exit only the first 64 KiB came out, and the rest of what a function prints would follow its
 * End. Done when the stream is first asked for, since making it takes time, and the first to ask may be nobody.
 */
export function makeStandardStreamsSynchronous(): void {
  for (const [name, descriptor] of [['stdout', 1] as const, ['stderr', 2] as const]) {
    const { get, ...property } = Object.getOwnPropertyDescriptor(process, name) ?? {};
    if (get === undefined) continue;
    let stream: PipeStream | undefined;
    Object.defineProperty(process, name, {
      ...property,
      get() {
        if (stream === undefined) {
          stream = apply(get, process, []) as PipeStream;
          makeSynchronous(stream, descriptor);
        }
        return stream;
      },
    });
  }
}

function makeSynchronous(stream: PipeStream, descriptor: number): void {
  // A file's stream has no handle, and writes at once already.
  if (stream._handle?.setBlocking === undefined) return;
  stream._handle.setBlocking(true);
  // Node's own writes would do on Linux; where the kernel is gVisor a blocking write may take but a part, and Node puts off the rest.
  stream._writev = undefined;
  stream._write = (chunk, encoding, done) => {
    try {
      writeAll(descriptor, chunk, encoding);
    } catch (error) {
      done(error);
      return;
    }
    done();
  };
}

function writeAll(descriptor: number, chunk: string | Uint8Array, encoding: BufferEncoding): void {
  const isText = typeof chunk === 'string';
  const length = isText ? byteLength(chunk, encoding) : chunk.length;
  for (let at = 0; at < length; ) {
    try {
      if (isText && at === 0) at += writeSync(descriptor, chunk, null, encoding);
      else at += writeSync(descriptor, isText ? bytesOf(chunk, encoding) : chunk, at);
    } catch (error) {
      // A child that shares the pipe has made it non-blocking.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function bytesOf(text: string, encoding: BufferEncoding): Uint8Array {
  return apply(from, Buffer, [text, encoding]) as Uint8Array;
}
