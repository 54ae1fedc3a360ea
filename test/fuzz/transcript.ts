/** What a runner may say, and how to tell whether it keeps to the protocol: apart from the code that is tested. */
import fc from 'fast-check';
import { encode } from '../../src/wire/codec.js';
import { MAX_PAYLOAD } from '../../src/wire/frames.js';
import { type End, GuestFrame } from '../../src/wire/protocol.js';
import { someBytes } from './arbitraries.js';
import type { Said } from './properties/frames.js';

const { Loading, Loaded, Ready, Value, End: Ended } = GuestFrame;

const frame = (type: number, payload: Buffer | object = Buffer.alloc(0)): Said => ({
  type,
  payload: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
});

/** Frames of a value, cut as the runner's writer cuts them. */
export function valueFrames(bytes: Buffer): Said[] {
  return Array.from({ length: Math.ceil(bytes.length / MAX_PAYLOAD) }, (_, n) =>
    frame(Value, bytes.subarray(n * MAX_PAYLOAD, (n + 1) * MAX_PAYLOAD)),
  );
}

const value = fc.oneof(
  fc.integer().map((n) => Buffer.concat(encode(n, { root: 'result', maxBytes: 100 }))),
  fc.nat(3 * MAX_PAYLOAD).map((length) => Buffer.concat(encode('x'.repeat(length), { root: 'result', maxBytes: 2 ** 20 }))),
  someBytes(30),
);
const durationInS = 0.001;
const phase = fc.constantFrom('load' as const, 'call' as const);

/** The frames with which a runner ends a call, of one that keeps to the protocol. */
const lastWords: fc.Arbitrary<readonly Said[]> = fc.oneof(
  {
    weight: 4,
    arbitrary: value.map((bytes) => [
      ...valueFrames(bytes),
      frame(Ended, { status: 'returned', durationInS, valueInBytes: bytes.length }),
    ]),
  },
  fc
    .tuple(value, phase)
    .map(([bytes, at]) => [
      ...valueFrames(bytes),
      frame(Ended, { status: 'threw', phase: at, durationInS, valueInBytes: bytes.length, exits: false }),
    ]),
  phase.map((at) => [frame(Ended, { status: 'exiting', phase: at, durationInS, exitCode: 3 })]),
  phase.map((at) => [frame(Ended, { status: 'neverSettles', phase: at, durationInS })]),
  fc.constant([frame(Ended, { status: 'uncarriable', durationInS, path: 'result', problem: 'is a function' })]),
  fc.constant([frame(Ended, { status: 'tooLarge', durationInS, valueInBytes: 1e9 })]),
  fc.constant([frame(Ended, { status: 'failed', problem: 'x' })]),
  fc.constant([frame(Ended, { status: 'noSuchExport', exports: [], foundType: 'undefined' })]),
);
const text = someBytes(40).map((bytes): Said => ({ text: bytes }));

/** A conversation in order, or nearly: frames left out, twice, or of another place. */
export const transcripts: fc.Arbitrary<Said[]> = fc
  .tuple(
    lastWords,
    fc.integer({ min: 0, max: 3 }),
    fc.array(
      fc.tuple(
        fc.nat(20),
        fc.oneof(
          { weight: 3, arbitrary: text },
          fc.constantFrom(1, 2, 3, 4, 5, 6).map((type) => frame(type)),
          someBytes(20).map((bytes) => frame(Value, bytes)),
          fc.constant(frame(Ended, { status: 'returned', durationInS, valueInBytes: 0 })),
          fc.constant(null),
        ),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([words, steps, disorder]) => {
    const frames = [...[Loading, Loaded, Ready].slice(0, steps).map((type) => frame(type)), ...words];
    for (const [place, inserted] of disorder) {
      const at = place % (frames.length + 1);
      if (inserted === null) frames.splice(at, 1);
      else frames.splice(at, 0, inserted);
    }
    return frames;
  });

/** What a host is to make of it: a last word with its value, a breach of the protocol, or silence. */
export type Judgement = { kind: 'said'; end: End; value: Buffer } | { kind: 'breach' } | { kind: 'silence' };

const lastWordsOf: Record<string, readonly string[]> = {
  0: ['failed'],
  [Loading]: ['failed', 'threw load', 'exiting load', 'neverSettles load', 'noSuchExport'],
  [Loaded]: ['failed'],
  [Ready]: ['failed', 'returned', 'threw call', 'uncarriable', 'tooLarge', 'exiting call', 'neverSettles call'],
};

/** @param refused whether a frame that is none comes after them */
export function judge(said: readonly Said[], refused: boolean, maxResultInBytes: number): Judgement {
  let at: number = 0;
  const pieces: Buffer[] = [];
  for (const part of said) {
    if ('text' in part) continue;
    const { type, payload } = part;
    if (type === Value) {
      const [last] = pieces.slice(-1);
      if ((at !== Loading && at !== Ready) || payload.length === 0) return { kind: 'breach' };
      if (last !== undefined && last.length < MAX_PAYLOAD) return { kind: 'breach' };
      pieces.push(payload);
      if (Buffer.concat(pieces).length > maxResultInBytes) return { kind: 'breach' };
    } else if (type === Ended) {
      const end = parse(payload);
      const value = Buffer.concat(pieces);
      const name = end === null ? '' : nameOf(end);
      if (end === null || !lastWordsOf[at]?.includes(name)) return { kind: 'breach' };
      const declared = end.status === 'returned' || end.status === 'threw' ? end.valueInBytes : 0;
      return declared === value.length ? { kind: 'said', end, value } : { kind: 'breach' };
    } else if (type === at + 1 && type <= Ready) at = type;
    else return { kind: 'breach' };
  }
  return { kind: refused ? 'breach' : 'silence' };
}

function parse(payload: Buffer): End | null {
  try {
    return JSON.parse(payload.toString()) as End;
  } catch {
    return null;
  }
}

/** Its status, and the phase of those that have one: any other word than `load` is taken for `call`. */
function nameOf(end: End): string {
  const { status, phase } = end as { status: string; phase?: unknown };
  const hasPhase = status === 'threw' || status === 'exiting' || status === 'neverSettles';
  return hasPhase ? `${status} ${phase === 'load' ? 'load' : 'call'}` : status;
}
