import type { Outcome } from '../../src/index.js';
import type { DrawnCall } from './draw-call.js';
import type { Made } from './make-call.js';
import type { Measured } from './measure.js';

/** What a function prints is in the pipe by then, on a machine that is not busy. */
const PRINTED_AFTER_S = 1;
/** With which V8 says that its heap is full. */
const V8_OUT_OF_MEMORY = /FATAL ERROR: .*heap out of memory|Fatal .*out of memory/;

type Stream = 'stdout' | 'stderr';

/** A part of what a call prints: so many bytes of a value, or those. */
type Part = { readonly byte: number; readonly count: number } | Uint8Array;

/** Every byte that was printed before the end is there or counted as dropped, in order, and none that was not. */
export function outputProblems(call: DrawnCall, made: Made, measured: Measured): string[] {
  const { outcome } = made;
  return [
    ...(['stdout', 'stderr'] as const).flatMap((stream) => streamProblems(stream, call, made, measured)),
    ...(made.reason === 'heapExhausted' && !V8_OUT_OF_MEMORY.test(outcome.stderr) ? ["V8's message is not there"] : []),
  ];
}

function streamProblems(stream: Stream, call: DrawnCall, made: Made, measured: Measured): string[] {
  const { outcome } = made;
  const cap = call.limits.maxOutputInMb * 2 ** 20;
  const kept = outcome[`${stream}Bytes`];
  const printed = kept.length + outcome[`${stream}DroppedBytes`];
  const parts = partsOf(stream, call, made);
  const most = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const least = hasPrintedAll(call, made, measured) ? Math.min(most, leastOf(stream, call, made)) : 0;
  const problems: string[] = [];
  if (kept.length !== Math.min(printed, cap)) problems.push(`of ${printed} bytes on ${stream} ${kept.length} were kept`);
  if (printed < least) problems.push(`${least} bytes were printed on ${stream}, and ${printed} came`);
  if (printed > most && !mayPrintMore(stream, call, outcome))
    problems.push(`${printed} bytes came on ${stream}, and ${most} were printed`);
  const wrongAt = firstDifference(kept, parts);
  if (wrongAt !== null) problems.push(`${stream} is another from byte ${wrongAt} on`);
  return problems;
}

function partsOf(stream: Stream, { behaviour, orders }: DrawnCall, { marks }: Made): Part[] {
  const { began, ended } = marks;
  if (began === null) return [];
  const { prints } = behaviour.course;
  return [
    ...(stream === 'stdout' ? [Buffer.from(began.line)] : []),
    stream === 'stdout' ? { byte: 0x6f, count: orders.stdout } : { byte: 0x65, count: orders.stderr },
    { byte: prints.byte, count: prints[stream] },
    ...(stream === 'stdout' && ended !== null ? [Buffer.from(ended.line)] : []),
  ];
}

/** Without a flood, of which nobody knows how far it came. */
function leastOf(stream: Stream, call: DrawnCall, made: Made): number {
  return partsOf(stream, call, made).reduce(
    (sum, part) => sum + (sizeOf(part) === Number.POSITIVE_INFINITY ? 0 : sizeOf(part)),
    0,
  );
}

/** Whether it had printed all before what ended it: one that was stopped may have been at it still. */
function hasPrintedAll({ behaviour }: DrawnCall, { reason, marks }: Made, { lastedInS, rivals }: Measured): boolean {
  if (marks.began === null) return false;
  if (marks.ended !== null) return true;
  const stopped = reason === 'wallTime' || reason === 'abort' || (reason === 'cpuTime' && behaviour.course.end !== null);
  return !stopped || (lastedInS !== null && lastedInS.least > PRINTED_AFTER_S * Math.max(1, rivals));
}

/** Node says on stderr what error ends it, and why it is out of memory. */
function mayPrintMore(stream: Stream, { behaviour }: DrawnCall, { exitStatus, exitCode }: Outcome): boolean {
  const fails = exitStatus !== 0 && exitCode !== 0 && exitCode !== 137;
  return stream === 'stderr' && (fails || behaviour.course.breaksNode);
}

function sizeOf(part: Part): number {
  return part instanceof Uint8Array ? part.length : part.count;
}

/** Where the bytes differ first from what was printed; what follows after all of that is not compared. */
function firstDifference(bytes: Uint8Array, parts: readonly Part[]): number | null {
  let at = 0;
  for (const part of parts) {
    const here = bytes.subarray(at, at + sizeOf(part));
    const wrong =
      part instanceof Uint8Array ? here.findIndex((byte, index) => byte !== part[index]) : firstOther(here, part.byte);
    if (wrong !== -1) return at + wrong;
    at += here.length;
  }
  return null;
}

function firstOther(bytes: Uint8Array, value: number): number {
  return Buffer.alloc(bytes.length, value).equals(bytes) ? -1 : bytes.findIndex((byte) => byte !== value);
}
