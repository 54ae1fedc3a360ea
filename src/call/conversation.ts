import { randomBytes } from 'node:crypto';
import type { Payload } from '../payload/payload.js';
import { sizeOf } from '../wire/bytes.js';
import { createFrameParser, DELIMITER_BYTES, type FrameParser } from '../wire/frames.js';
import { encodeMessage } from '../wire/messages.js';
import { type End, GuestFrame, type GuestFrameType, HostMessage, type Job, type LimitNotice } from '../wire/protocol.js';
import { ProtocolError } from '../wire/wire-errors.js';
import { deferred } from './deferred.js';
import type { Fault } from './evidence.js';
import type { OutputStream } from './output.js';
import { readEnd } from './read-end.js';
import type { Sandbox } from './sandbox.js';
import { createTurns } from './turns.js';
import { ValuePieces } from './value-pieces.js';

/** The runner's last word of a call, or of a load that failed. */
export interface Said {
  readonly end: End;
  /** The pieces of the encoded value. */
  readonly value: readonly Buffer[];
}

/** What the runner says, and how to answer it. */
export interface Conversation {
  /** What the container prints. */
  onText: (stream: OutputStream, bytes: Buffer) => void;
  onLoading: () => void;
  onLoaded: () => void;
  /** The arguments have been decoded: somebody is there, and calls the function next. */
  onReady: () => void;
  sendJob(job: Omit<Job, 'delimiter'>, payload: Payload): void;
  /** Few bytes, which take no time to decode: calls the function with them at once. */
  call(encoded: readonly Uint8Array[]): void;
  /** The function is called by `go`, once the runner has decoded them. */
  sendArguments(encoded: readonly Uint8Array[]): void;
  go(): void;
  notice(notice: LimitNotice): void;
  /** Lets the runner exit. */
  release(): void;
  /**
   * Settles with the runner's next last word; with null when there will be none, for a fault or the end of its streams. Never
   * rejects.
   */
  readonly said: Promise<Said | null>;
  /** Makes room for the next: a container may serve several calls. */
  nextCall(): void;
  /** Settles when everything printed before the last word has come, on both streams. Never rejects. */
  readonly flushed: Promise<void>;
  /** Settles when both streams have ended. Never rejects. */
  readonly drained: Promise<void>;
  readonly fault: Fault | null;
  /** V8 has written its out-of-memory message to stderr. */
  readonly v8OutOfMemory: boolean;
}

/** V8 says so on stderr before it aborts; nothing else tells its exhausted heap from any other abort. */
const V8_OUT_OF_MEMORY = /(FATAL ERROR|Fatal (JavaScript|process)).*(out of memory|Allocation failed|OutOfMemory)/i;
/** As much of stderr's end as that message can be in. */
const TAIL = 16 * 1024;

/** As much as one read of the runner's takes. */
const WRITTEN_AT_ONCE_UP_TO_BYTES = 64 * 1024;

/** Speaks the protocol of wire/protocol.ts with the runner of one container. */
export function converse(sandbox: Sandbox, maxResultInBytes: number): Conversation {
  const delimiter = randomBytes(DELIMITER_BYTES);
  // Never in UTF-8: the last byte of a line is not held back for the beginning of a frame, which one in 256 would look like.
  delimiter[0] = 0xff;
  const drained = deferred<void>();
  let said = deferred<Said | null>();
  let flushed = deferred<void>();
  let value = new ValuePieces();
  let spoken = false;
  let fault: Fault | null = null;
  let stderrTail = Buffer.alloc(0);
  /** Bytes that have gone through the engine, and are not known to have come. */
  let onTheirWay = false;

  const fail = (problem: Fault) => {
    fault ??= problem;
    said.resolve(null);
  };
  const send = (...pieces: Uint8Array[]) => {
    // A container that is gone tells by its streams' end, not by this.
    if (!sandbox.stdin.writable) return;
    // Each write is a wake-up of its own in the engine, the shim and the container; what is large is not copied for that.
    const together = sizeOf(pieces) <= WRITTEN_AT_ONCE_UP_TO_BYTES ? [Buffer.concat(pieces)] : pieces;
    const [whole] = together;
    if (!onTheirWay && together.length === 1 && whole !== undefined && sandbox.writeStdin(whole)) return;
    onTheirWay = true;
    for (const piece of together) sandbox.stdin.write(piece);
  };

  const turns = createTurns();
  const onFrame = (type: GuestFrameType, payload: Buffer) => {
    if (spoken || fault !== null) return;
    if (type === GuestFrame.Loading || type === GuestFrame.Loaded || type === GuestFrame.Ready) {
      turns.take(type);
      // Each is said when everything before it has been taken.
      if (type !== GuestFrame.Loaded) onTheirWay = false;
      // Its first process may have been on its way still when the job was sent.
      if (type === GuestFrame.Loading) sandbox.findPipes();
      if (type === GuestFrame.Loading) conversation.onLoading();
      else if (type === GuestFrame.Loaded) conversation.onLoaded();
      else conversation.onReady();
    } else if (type === GuestFrame.Value) {
      turns.checkValue();
      value.add(payload);
      if (value.length > maxResultInBytes) {
        fail({ kind: 'protocol', message: `The runner sent more than maxResultInMb allows, ${maxResultInBytes} bytes` });
      }
    } else if (type === GuestFrame.End) {
      spoken = true;
      const end = readEnd(payload);
      turns.end(end, value.length);
      said.resolve({ end, value: value.pieces });
    } else throw new ProtocolError(`Frame type ${type} came on stdout`);
  };
  const listen = (stream: OutputStream, parser: FrameParser, onChunk: (chunk: Buffer) => void = () => {}) => {
    let isBroken = false;
    sandbox[stream].on('data', (chunk: Buffer) => {
      // What comes behind that on this stream cannot be told apart; what was printed on the other can.
      if (isBroken) return;
      onChunk(chunk);
      try {
        parser.push(chunk);
      } catch (cause) {
        isBroken = true;
        fail({ kind: 'protocol', message: `The container sent what no runner sends: ${(cause as Error).message}`, cause });
      }
    });
    return streamEnd(sandbox[stream]).then(() => parser.end());
  };
  const stdoutEnd = listen(
    'stdout',
    createFrameParser(delimiter, {
      onText: (text) => {
        value.passText(text.length);
        conversation.onText('stdout', text);
      },
      onFrame,
    }),
  );
  const stderrEnd = listen(
    'stderr',
    createFrameParser(delimiter, {
      onText: (text) => conversation.onText('stderr', text),
      onFrame: (type) => {
        if (type !== GuestFrame.Flushed) throw new ProtocolError(`Frame type ${type} came on stderr`);
        turns.checkFlushed();
        flushed.resolve();
      },
    }),
    (chunk) => {
      stderrTail = Buffer.concat([stderrTail, chunk.subarray(-TAIL)]).subarray(-TAIL);
    },
  );
  sandbox.stdin.on('error', () => {});
  void Promise.all([stdoutEnd, stderrEnd]).then(() => {
    said.resolve(null);
    flushed.resolve();
    drained.resolve();
  });

  const conversation: Conversation = {
    onText: () => {},
    onLoading: () => {},
    onLoaded: () => {},
    onReady: () => {},
    sendJob(job, payload) {
      sandbox.findPipes();
      const whole = asJson({ ...job, delimiter: delimiter.toString('hex') } satisfies Job);
      send(...encodeMessage(HostMessage.Job, whole), ...encodeMessage(HostMessage.Code, payload.archive));
    },
    call(encoded) {
      turns.sendArguments();
      send(...encodeMessage(HostMessage.Arguments, ...encoded), ...encodeMessage(HostMessage.Go));
    },
    sendArguments(encoded) {
      turns.sendArguments();
      send(...encodeMessage(HostMessage.Arguments, ...encoded));
    },
    go: () => send(...encodeMessage(HostMessage.Go)),
    notice: (notice) => send(...encodeMessage(HostMessage.Limit, asJson(notice))),
    release() {
      send(...encodeMessage(HostMessage.Release));
      sandbox.stdin.end();
    },
    nextCall() {
      if (!spoken) return;
      turns.rest();
      said = deferred();
      flushed = deferred();
      value = new ValuePieces();
      spoken = false;
      stderrTail = Buffer.alloc(0);
    },
    get said() {
      return said.promise;
    },
    get flushed() {
      return flushed.promise;
    },
    drained: drained.promise,
    get fault() {
      return fault;
    },
    get v8OutOfMemory() {
      return V8_OUT_OF_MEMORY.test(stderrTail.toString('latin1'));
    },
  };
  return conversation;
}

function asJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function streamEnd(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
  });
}
