import fs from 'node:fs';
import type { SocketConstructorOpts } from 'node:net';
import timers from 'node:timers';
import { createMessageParser, type HostMessageType } from '../src/wire/messages.js';

// Now, and not when they are called: the function may replace them.
const { closeSync, openSync, readSync } = fs;
const { setTimeout } = timers;
const { O_NONBLOCK, O_RDONLY } = fs.constants;
const { kill, pid } = process;

/**
 * After so long in the event loop messages are received there, too. Loading node's sockets takes 3 ms, which a call that is
 * over by then is spared; no notice of a limit can be due so soon.
 */
const LISTEN_AFTER_MS = 15;

export interface HostMessageReceived {
  type: HostMessageType;
  payload: Uint8Array;
}

export interface Input {
  /** The next message, waiting for it with the whole process's main thread: nothing of the function's runs meanwhile. */
  next(): HostMessageReceived;
  /** Whether the next message is there already. */
  isWaiting(): boolean;
  /** From now on messages are also received while the event loop runs; those that `onMessage` does not take wait for `next`. */
  listen(onMessage: (message: HostMessageReceived) => boolean): void;
}

/** The host is gone: nobody would see how this goes on. SIGKILL, because the function cannot keep that from happening. */
function leave(): never {
  kill(pid, 'SIGKILL');
  throw new Error('unreachable');
}

/** What the runner's stdin is, opened anew: a description of our own, whose flags nobody else has a hand on. */
const OWN_STDIN = '/proc/self/fd/0';

/**
 * @param onCode Takes the code as it comes; see {@link createMessageParser}.
 *
 * Takes the process's stdin for the runner alone, and leaves /dev/null in its place: a function that reads process.stdin sees
 * its end, and children do not inherit the host's messages.
 */
export function takeInput(onCode: (piece: Uint8Array) => void): Input {
  // Opening a pipe nobody writes to any more would block for ever; without blocking it opens, and reading says so.
  const polled = openSync(OWN_STDIN, O_RDONLY | O_NONBLOCK);
  const chunk = new Uint8Array(64 * 1024);
  const queue: HostMessageReceived[] = [];
  let take: (message: HostMessageReceived) => boolean = () => false;
  const parser = createMessageParser((type, payload) => {
    const message = { type, payload };
    if (!take(message)) queue.push(message);
  }, onCode);

  function receive(length: number): void {
    if (length === 0) leave();
    parser.push(chunk.subarray(0, length));
  }

  function receiveWhatIsThere(): void {
    try {
      receive(readSync(polled, chunk));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  receiveWhatIsThere();
  const blocking = openSync(OWN_STDIN, O_RDONLY);
  closeSync(0);
  openSync('/dev/null', O_RDONLY);

  function receiveInEventLoop(): void {
    const { Socket } = require('node:net') as typeof import('node:net');
    // Spares the socket's own buffering; missing in the types of SocketConstructorOpts.
    const onread = {
      buffer: new Uint8Array(64 * 1024),
      callback(length: number, bytes: Uint8Array) {
        parser.push(bytes.subarray(0, length));
        return true;
      },
    };
    // A socket waits in epoll and never occupies a thread of the pool, as fs.read would for the whole call.
    const socket = new Socket({ fd: polled, readable: true, writable: false, onread } as SocketConstructorOpts);
    socket.on('end', leave);
    socket.on('error', leave);
    socket.unref();
  }

  return {
    next() {
      for (;;) {
        const message = queue.shift();
        if (message !== undefined) return message;
        receive(readSync(blocking, chunk));
      }
    },
    isWaiting() {
      if (queue.length === 0) receiveWhatIsThere();
      return queue.length > 0;
    },
    listen(onMessage) {
      take = onMessage;
      setTimeout(() => {
        try {
          receiveInEventLoop();
        } catch {
          // The function has replaced what node's sockets are made of. Then it is not told of limits; the host keeps them all the same.
        }
      }, LISTEN_AFTER_MS).unref();
    },
  };
}
