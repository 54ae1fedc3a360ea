import fc from 'fast-check';
import { encode } from '../../../src/wire/codec.js';
import { MAX_PAYLOAD } from '../../../src/wire/frames.js';
import { GuestFrame, HostMessage } from '../../../src/wire/protocol.js';
import type { Step } from '../../fixtures/hostile-runner/program.js';
import { someBytes } from '../arbitraries.js';
import { rawFrame, readWhole } from '../properties/frames.js';
import { type Judgement, judge, valueFrames } from '../transcript.js';

export const frame = (type: number, payload: Uint8Array | object = Buffer.alloc(0)): Step => ({
  do: 'frame',
  type,
  payload: (payload instanceof Uint8Array ? Buffer.from(payload) : Buffer.from(JSON.stringify(payload))).toString('base64'),
});
export const bytes = (content: Uint8Array | string): string => Buffer.from(content).toString('base64');
export const encoded = (value: unknown): Buffer => Buffer.concat(encode(value, { root: 'result', maxBytes: 2 ** 20 }));
export const value = (of: Buffer): Step[] =>
  valueFrames(of).map((part) => frame(GuestFrame.Value, 'type' in part ? part.payload : part.text));
export const end = (status: string, more: object = {}): Step => frame(GuestFrame.End, { status, durationInS: 0.001, ...more });

/** What a runner does that keeps to the protocol. */
export const boot: readonly Step[] = [{ do: 'await', type: HostMessage.Code }];
export const toLoading: readonly Step[] = [...boot, frame(GuestFrame.Loading)];
export const toLoaded: readonly Step[] = [...toLoading, frame(GuestFrame.Loaded)];
export const toReady: readonly Step[] = [...toLoaded, { do: 'await', type: HostMessage.Arguments }, frame(GuestFrame.Ready)];
export const toCall: readonly Step[] = [...toReady, { do: 'await', type: HostMessage.Go }];
export const leave: readonly Step[] = [
  { do: 'frame', type: GuestFrame.Flushed, stream: 2 },
  { do: 'await', type: HostMessage.Release },
  { do: 'exit', code: 0 },
];
export const returning = (of: Buffer): Step[] => [...value(of), end('returned', { valueInBytes: of.length })];

const isLast = (step: Step) => step.do === 'exit' || step.do === 'flood' || step.do === 'kill' || step.do === 'hog';

/** As far as it comes. */
export function reached(program: readonly Step[]): readonly Step[] {
  const last = program.findIndex(isLast);
  return last === -1 ? program : program.slice(0, last + 1);
}

/** What the host is to make of what it says on stdout, told apart from the code that is tested. */
export function judgeProgram(program: readonly Step[], maxResultInBytes: number): Judgement {
  const mark = Buffer.from('a mark of 16 byte');
  let sequence = 0;
  let open = true;
  const said = reached(program).map((step) => {
    if (step.do === 'close' && step.stream === 1) open = false;
    if (!open || ('stream' in step && step.stream === 2)) return Buffer.alloc(0);
    if (step.do === 'frame') {
      const payload = Buffer.from(step.payload ?? '', 'base64');
      return rawFrame(mark.subarray(0, 16), step.type, sequence++ + (step.skew ?? 0), payload, step.declared ?? payload.length);
    }
    // Random bytes are not told: as text they say nothing, within a frame that declares too much they are its payload.
    if (step.do === 'bytes') return Buffer.from(step.bytes, 'base64');
    return step.do === 'random' ? Buffer.alloc(step.length) : Buffer.alloc(0);
  });
  const whole = readWhole(Buffer.concat(said), mark.subarray(0, 16));
  return judge(whole.said, whole.refused, maxResultInBytes);
}

/** Seconds that a call may be said to have taken; the last ones have not passed. */
const durations = fc.constantFrom(0, 1e-9, 0.001, 50, 1e9, 1e308);
/** What a function may throw, and what no encoder has made of anything. */
const thrown = fc.oneof(
  fc
    .constantFrom<unknown>(new Error('thrown'), new TypeError('x', { cause: new Error('y') }), 'text', { a: 1 }, 5n)
    .map(encoded),
  someBytes(30),
);
const payload = fc.oneof(
  thrown,
  someBytes(30),
  fc.integer().map(encoded),
  fc.constant(Buffer.alloc(MAX_PAYLOAD)),
  fc
    .tuple(fc.constantFrom('returned', 'threw', 'exiting', 'failed', 'nonsense'), durations)
    .map(([status, durationInS]) =>
      Buffer.from(
        JSON.stringify({ status, phase: 'call', durationInS, valueInBytes: encoded(1).length, exitCode: 0, problem: '' }),
      ),
    ),
);
const stream = fc.constantFrom<1 | 2>(1, 1, 2);
/** What changes nothing for the host but what is printed, and when. */
const harmless: readonly fc.Arbitrary<Step>[] = [
  fc.tuple(stream, fc.nat(200_000), fc.nat()).map(([to, length, seed]): Step => ({ do: 'random', length, seed, stream: to })),
  fc
    .tuple(stream, someBytes(9), fc.nat(50))
    .map(([to, of, times]): Step => ({ do: 'bytes', bytes: bytes(of), stream: to, times })),
  fc.nat(300).map((inMs): Step => ({ do: 'sleep', inMs })),
];
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...harmless,
  fc.tuple(fc.integer({ min: 1, max: 6 }), payload).map(([type, of]) => frame(type, of)),
  fc
    .tuple(fc.constantFrom(GuestFrame.Flushed, GuestFrame.Flushed, GuestFrame.Value, GuestFrame.End), payload)
    .map(([type, of]): Step => ({ ...(frame(type, of) as Step & { do: 'frame' }), stream: 2 })),
  fc.tuple(fc.nat(255), fc.integer({ min: -2, max: 2 }), fc.nat(65_535)).map(
    ([type, skew, declared]): Step => ({
      ...(frame(type) as Step & { do: 'frame' }),
      skew,
      declared,
    }),
  ),
  fc.constantFrom<0 | 1 | 2>(0, 1, 2).map((which): Step => ({ do: 'close', stream: which })),
  fc.nat(255).map((code): Step => ({ do: 'exit', code })),
  fc
    .constantFrom<('SIGKILL' | 'SIGTERM' | 'SIGSEGV')[]>('SIGKILL', 'SIGTERM', 'SIGSEGV')
    .map((signal): Step => ({ do: 'kill', signal })),
);

const anyWord: fc.Arbitrary<Step[]> = fc.oneof(
  fc
    .tuple(fc.integer().map(encoded), durations)
    .map(([of, durationInS]) => [...value(of), end('returned', { durationInS, valueInBytes: of.length })]),
  fc
    .tuple(thrown, durations)
    .map(([of, durationInS]) => [
      ...value(of),
      end('threw', { durationInS, valueInBytes: of.length, phase: 'call', exits: false }),
    ]),
);

/** A runner that keeps to the protocol for a while, and then does anything; it ends where the host would otherwise wait for long. */
const disorderly: fc.Arbitrary<Step[][]> = fc.tuple(
  fc.oneof(
    fc
      .constantFrom(boot, toLoading, toLoaded, toReady, toCall, [...toCall, ...returning(encoded(7))])
      .map((steps) => [...steps]),
    anyWord.map((word) => [...toCall, ...word]),
  ),
  fc.array(anyStep, { maxLength: 5 }),
  fc.oneof(
    fc.constantFrom<Step[]>(
      [{ do: 'exit', code: 0 }],
      [{ do: 'exit', code: 3 }],
      [{ do: 'flood', bytes: bytes('flood\n') }],
      [...returning(encoded(8)), ...leave],
    ),
    anyWord.map((word) => [...word, ...leave]),
  ),
);
/** One that keeps to it to the end, though it prints, pauses, or claims what is not so. */
const orderly: fc.Arbitrary<Step[][]> = fc.tuple(
  fc.constant([...toCall]),
  fc.array(fc.oneof(...harmless), { maxLength: 3 }),
  anyWord.map((word) => [...word, ...leave]),
);

export const programs: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: disorderly }, { weight: 1, arbitrary: orderly }),
    fc.option(fc.record({ parts: fc.integer({ min: 2, max: 4 }), pauseInMs: fc.nat(10) })),
  )
  .map(([steps, inParts]) => {
    const program = steps.flat();
    if (inParts === null) return program;
    return program.map((step) => (step.do === 'frame' ? { ...step, ...inParts } : step));
  });
