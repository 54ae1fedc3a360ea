import { once } from 'node:events';
import type Docker from 'dockerode';

/** A container with a program of its own, and one attached stream. */
export interface Attached {
  /** The container's. */
  readonly id: string;
  /** Sends that, and waits until so many bytes have come: the engine's own headers included, or what else `counted` makes of a chunk. */
  ask(message: string, answerInBytes: number, counted?: (chunk: Buffer) => number): Promise<void>;
  remove(): Promise<void>;
}

const lengthOf = (chunk: Buffer): number => chunk.length;

/** Resolves when the program has printed its first bytes. */
export async function attach(docker: Docker, options: Docker.ContainerCreateOptions): Promise<Attached> {
  const container = await docker.createContainer(options);
  const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
  let wanted = 0;
  let enough = () => {};
  let count = lengthOf;
  await container.start();
  await once(stream, 'data');
  stream.on('close', () => {
    if (wanted > 0) throw new Error(`The container ended, ${wanted} bytes before its answer was whole`);
  });
  stream.on('data', (chunk: Buffer) => {
    wanted -= count(chunk);
    if (wanted <= 0) enough();
  });
  return {
    id: container.id,
    ask(message, answerInBytes, counted = lengthOf) {
      wanted = answerInBytes;
      count = counted;
      return new Promise((resolve) => {
        enough = resolve;
        stream.write(message);
      });
    },
    async remove() {
      await container.remove({ force: true });
    },
  };
}

/** Sends back what it is sent, one byte at a time. */
export const ECHO_PROGRAM = 'process.stdout.write("."); process.stdin.on("data", (data) => process.stdout.write(data))';
/** The engine puts 8 bytes before each piece of output. */
export const ECHO_ANSWER_IN_BYTES = 9;

/** Answers each message as nisher's runner does: that it was taken, the mark on stderr, the end of the call; one letter each. */
export const THREE_ANSWERS_PROGRAM = `const { readSync, writeSync } = require("fs");
  writeSync(1, ".");
  for (const message = Buffer.alloc(4096); readSync(0, message) > 0; ) { writeSync(1, "a"); writeSync(2, "b"); writeSync(1, "c"); }`;
/** The engine puts its 8 bytes, all below 32, before each piece of output, and may make one piece of two. */
export const lettersIn = (chunk: Buffer): number => chunk.filter((byte) => byte >= 32).length;

/** Prints so many bytes at each message. */
export function printingProgram(bytes: number): string {
  // Not through process.stdout: that makes the pipe non-blocking.
  return `const { writeSync } = require("fs");
    writeSync(1, ".");
    const chunk = Buffer.alloc(65536, 97);
    process.stdin.on("data", () => { for (let left = ${bytes}; left > 0; left -= chunk.length) writeSync(1, chunk); })`;
}
