import { randomBytes } from 'node:crypto';
import type { Payload } from '../payload/payload.js';
import { createFrameParser } from '../wire/frames.js';
import { encodeMessage } from '../wire/messages.js';
import { type End, GuestFrame, type GuestFrameType, HostMessage, type Job, type LimitNotice } from '../wire/protocol.js';
import { ProtocolError } from '../wire/wire-errors.js';
import { deferred } from './deferred.js';
import type { Fault } from './evidence.js';
import type { Output } from './output.js';
import { readEnd } from './read-end.js';
import type { Sandbox } from './sandbox.js';

export interface ConversationOptions {
  readonly sandbox: Sandbox;
  readonly output: Output;
  /** The most bytes of value that are taken. */
  readonly maxResultInBytes: number;
  readonly onLoading: () => void;
  readonly onReady: () => void;
}

/** What the runner has said, and how to answer it. */
export interface Conversation {
  /** Sends the job; the runner answers with Loading and Ready. */
  begin(job: Omit<Job, 'delimiter'>, payload: Payload, encodedArguments: readonly Uint8Array[]): void;
  /** Calls the function. */
  go(): void;
  notice(notice: LimitNotice): void;
  /** Lets the runner exit. */
  release(): void;
  /** Settles with the runner's last frame, with the end of its streams, or with a fault: whichever comes first. Never rejects. */
  readonly ended: Promise<void>;
  /** Settles when both streams have ended. Never rejects. */
  readonly drained: Promise<void>;
  readonly end: End | null;
  /** The pieces of the encoded value. */
  readonly value: readonly Buffer[];
  readonly fault: Fault | null;
  /** V8 has written its out-of-memory message to stderr. */
  readonly v8OutOfMemory: boolean;
}

/** V8 says so on stderr before it aborts; nothing else tells its exhausted heap from any other abort. */
const V8_OUT_OF_MEMORY = /(FATAL ERROR|Fatal (JavaScript|process)).*(out of memory|Allocation failed|OutOfMemory)/i;
/** As much of stderr's end as that message can be in. */
const TAIL = 16 * 1024;

/** Speaks the protocol of wire/protocol.ts with the runner of one container. */
export function converse({ sandbox, output, maxResultInBytes, onLoading, onReady }: ConversationOptions): Conversation {
  const delimiter = randomBytes(16);
  const value: Buffer[] = [];
  let valueBytes = 0;
  let end: End | null = null;
  let fault: Fault | null = null;
  let stderrTail = Buffer.alloc(0);
  const ended = deferred();
  const drained = deferred();

  const fail = (problem: Fault) => {
    fault ??= problem;
    ended.resolve();
  };
  const send = (type: (typeof HostMessage)[keyof typeof HostMessage], ...pieces: Uint8Array[]) => {
    // A container that is gone tells by its streams' end, not by this.
    if (!sandbox.stdin.writable) return;
    for (const piece of encodeMessage(type, ...pieces)) sandbox.stdin.write(piece);
  };

  /** A step once taken is not taken again: each begins to count time anew, and a function can come by the delimiter. */
  let due: GuestFrameType | null = GuestFrame.Loading;
  const onFrame = (type: GuestFrameType, payload: Buffer) => {
    if (end !== null) return;
    if (type === GuestFrame.Loading || type === GuestFrame.Ready) {
      if (type !== due) throw new ProtocolError(`Frame type ${type} came out of turn`);
      due = type === GuestFrame.Loading ? GuestFrame.Ready : null;
      if (type === GuestFrame.Loading) onLoading();
      else onReady();
    } else if (type === GuestFrame.Value) {
      valueBytes += payload.length;
      if (valueBytes > maxResultInBytes)
        fail({ kind: 'protocol', message: `The runner sent more than maxResultInMb allows, ${maxResultInBytes} bytes` });
      else value.push(payload);
    } else {
      end = readEnd(payload);
      ended.resolve();
    }
  };
  const parser = createFrameParser(delimiter, { onText: (text) => output.write('stdout', text), onFrame });

  sandbox.stdout.on('data', (chunk: Buffer) => {
    if (fault?.kind === 'protocol') return;
    try {
      parser.push(chunk);
    } catch (cause) {
      fail({ kind: 'protocol', message: `The container sent what no runner sends: ${(cause as Error).message}`, cause });
    }
  });
  sandbox.stderr.on('data', (chunk: Buffer) => {
    stderrTail = Buffer.concat([stderrTail, chunk.subarray(-TAIL)]).subarray(-TAIL);
    output.write('stderr', chunk);
  });
  output.onPause = () => {
    sandbox.stdout.pause();
    sandbox.stderr.pause();
  };
  output.onResume = () => {
    sandbox.stdout.resume();
    sandbox.stderr.resume();
  };
  sandbox.stdin.on('error', () => {});

  void Promise.all([streamEnd(sandbox.stdout), streamEnd(sandbox.stderr)]).then(() => {
    parser.end();
    ended.resolve();
    drained.resolve();
  });

  return {
    begin(job, payload, encodedArguments) {
      send(HostMessage.Job, asJson({ ...job, delimiter: delimiter.toString('hex') } satisfies Job));
      send(HostMessage.Code, payload.archive);
      send(HostMessage.Arguments, ...encodedArguments);
    },
    go: () => send(HostMessage.Go),
    notice: (notice) => send(HostMessage.Limit, asJson(notice)),
    release() {
      send(HostMessage.Release);
      sandbox.stdin.end();
    },
    ended: ended.promise,
    drained: drained.promise,
    value,
    get end() {
      return end;
    },
    get fault() {
      return fault;
    },
    get v8OutOfMemory() {
      return V8_OUT_OF_MEMORY.test(stderrTail.toString('latin1'));
    },
  };
}

function asJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function streamEnd(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
  });
}
