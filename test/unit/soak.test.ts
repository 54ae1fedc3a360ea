import * as assert from 'uvu/assert';
import type { Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { checkCall } from '../soak/check-call.js';
import { anything, busy, type Course, EAGAIN, endless, ends, osError, returned } from '../soak/course.js';
import { type Drawn, type DrawnCall, drawCall } from '../soak/draw-call.js';
import { type Measured, possibleEnds } from '../soak/oracle.js';
import type { Seen } from '../soak/witness.js';

/** An oracle that finds everything possible would agree with any verdict. */
const { test } = suite('soak: the oracle and what it is compared with');

const unlimited: Drawn = {
  memInMb: null,
  cpuTimeInS: null,
  wallTimeInS: null,
  numProcesses: null,
  cpus: null,
  gracePeriodInS: 0,
  maxOutputInMb: 8,
  maxResultInMb: 64,
  scratchInMb: 64,
};

function callOf(course: Course, limits: Partial<Drawn>, abortAfterInS: number | null = null): DrawnCall {
  const behaviour = { family: 'test', name: 'test', parameters: [], course };
  return { index: 0, behaviour, limits: { ...unlimited, ...limits }, method: 'spawn', abortAfterInS };
}

const sleeps = (seconds: number) => ends(returned('slept'), { wallInS: { least: seconds, most: seconds } });
const keeps = (least: number, most: number) => ends(returned('kept'), { memInMb: { least, most } });
const quiet: Measured = { elapsedInS: 3, mostCpuInS: 3, rivals: 1 };

/** What it does, under which limits, as measured → all that may come of it. */
const table: [string, DrawnCall, Partial<Measured>, string][] = [
  ['it returns', callOf(sleeps(1), {}), {}, '0'],
  ['it returns long before the limit', callOf(sleeps(1), { wallTimeInS: 20 }), {}, '0'],
  ['it cannot return in time', callOf(sleeps(2), { wallTimeInS: 1 }), {}, 'TimeoutException TimeoutException'],
  ['nor had it the time to', callOf(sleeps(2), {}), { elapsedInS: 1 }, ''],
  ['the limit is too near to tell', callOf(sleeps(1), { wallTimeInS: 2 }), {}, '0 TimeoutException TimeoutException'],
  [
    'it returns in the grace period',
    callOf(sleeps(1), { wallTimeInS: 0.5, gracePeriodInS: 20 }),
    { elapsedInS: 3 },
    '0 TimeoutException',
  ],
  ['a loop, a CPU limit', callOf(endless(busy), { cpuTimeInS: 1 }), {}, 'CpuTimeoutException'],
  [
    'a loop that did not get so much CPU time',
    callOf(endless(busy), { cpuTimeInS: 1, wallTimeInS: 20 }),
    { mostCpuInS: 0.5, elapsedInS: 21 },
    'TimeoutException',
  ],
  ['a wait uses no CPU time', callOf(endless(), { cpuTimeInS: 1, wallTimeInS: 20 }), { elapsedInS: 21 }, 'TimeoutException'],
  ['it fits', callOf(keeps(50, 100), { memInMb: 128 }), {}, '0'],
  ['it does not', callOf(keeps(50, 100), { memInMb: 40 }), {}, 'MemorylimitException'],
  ['it may fit', callOf(keeps(50, 100), { memInMb: 80 }), {}, '0 MemorylimitException'],
  ['too little to start with', callOf(sleeps(1), { memInMb: 8 }), {}, 'MemorylimitException'],
  [
    'a task too many',
    callOf(ends(returned(1), { tasks: { least: 1, most: 1 }, refused: osError(EAGAIN) }), { numProcesses: 1 }),
    {},
    'SubprocessException',
  ],
  ['aborted', callOf(sleeps(30), {}, 1), { elapsedInS: 1.1 }, 'SignalException'],
  ['over before it could be aborted', callOf(sleeps(1), {}, 20), {}, '0'],
];

for (const [name, call, measured, expected] of table) {
  test(name, () => {
    const possible = possibleEnds(call, { ...quiet, ...measured });
    assert.is(possible.map(({ status }) => status).join(' '), expected);
    for (const { why } of possible) assert.ok(why);
  });
}

const outcome = (fields: Partial<Record<keyof Outcome, unknown>>) =>
  ({
    exitStatus: 0,
    result: null,
    exitCode: 0,
    wallClockTime: 1,
    cpuTime: 0.1,
    peakMemory: 2 ** 24,
    phase: 'call',
    ...fields,
  }) as Outcome;
const seen: Seen = {
  id: 'a',
  mark: 1,
  startedAtInMs: 0,
  endedAtInMs: 3000,
  sampledAtInMs: 2990,
  outcomeAtInMs: 2980,
  counters: { cpuInS: 0.2, memInBytes: 2 ** 24, oomKills: 0, pidsRefused: 0 },
  mostMemInBytes: 2 ** 24,
  loggedOomKills: 0,
};
const seenWith = (change: Partial<Seen>, counters: Partial<NonNullable<Seen['counters']>> = {}): Seen => ({
  ...seen,
  ...change,
  counters: { ...(seen.counters as NonNullable<Seen['counters']>), ...counters },
});

/** Outcomes that are wrong in one respect. */
const wrong: [string, DrawnCall, Partial<Record<keyof Outcome, unknown>>, Seen | null, RegExp][] = [
  ['the status', callOf(sleeps(1), {}), { exitStatus: 'AnythingException' }, seen, /expected 0/],
  ['the value', callOf(sleeps(1), {}), { result: 'other' }, seen, /result is another/],
  [
    'the exit code',
    callOf(ends({ ...anything, exitCode: 3 }), {}),
    { exitStatus: 'AnythingException', exitCode: 4 },
    seen,
    /exitCode is 4/,
  ],
  ['more time than there was', callOf(sleeps(1), {}), { result: 'slept', wallClockTime: 4 }, seen, /wallClockTime/],
  ['more CPU time than the kernel counted', callOf(sleeps(1), {}), { result: 'slept', cpuTime: 1 }, seen, /cpuTime is 1/],
  [
    'an OOM kill that is not said',
    callOf(sleeps(1), {}),
    { result: 'slept' },
    seenWith({ loggedOomKills: 1 }),
    /killed 1 for memory/,
  ],
  [
    'an OOM kill that was none',
    callOf(keeps(50, 100), { memInMb: 40 }),
    { exitStatus: 'MemorylimitException', exitCode: 137 },
    seen,
    /killed nobody/,
  ],
  [
    'a refused process that was none',
    callOf(ends(returned(1), { tasks: { least: 1, most: 1 }, refused: osError(EAGAIN) }), { numProcesses: 1 }),
    { exitStatus: 'SubprocessException', osErrno: EAGAIN },
    seen,
    /refused none/,
  ],
  ['a peak that was higher', callOf(sleeps(1), {}), { result: 'slept' }, seenWith({ mostMemInBytes: 2 ** 27 }), /were charged/],
  [
    'bytes that are lost',
    callOf(ends(returned('printed'), { printsBytes: { stdout: 5, stderr: 0 } }), {}),
    {
      result: 'printed',
      stdoutBytes: new Uint8Array(4),
      stderrBytes: new Uint8Array(),
      stdoutDroppedBytes: 0,
      stderrDroppedBytes: 0,
    },
    seen,
    /of 5 bytes on stdout 4 were kept/,
  ],
];

test('a right outcome agrees', () => {
  assert.equal(checkCall(callOf(sleeps(1), {}), outcome({ result: 'slept' }), 3, seen).problems, []);
});

test('what the kernel had counted before the function was refused a process contradicts nothing', () => {
  const call = callOf(ends(returned(1), { tasks: { least: 1, most: 1 }, refused: osError(EAGAIN) }), { numProcesses: 1 });
  const refused = outcome({ exitStatus: 'SubprocessException', osErrno: EAGAIN });
  assert.equal(checkCall(call, refused, 3, seenWith({ outcomeAtInMs: 2991 })).problems, []);
});

for (const [name, call, fields, witnessed, message] of wrong) {
  test(`disagrees: ${name}`, () => assert.match(checkCall(call, outcome(fields), 3, witnessed).problems.join('; '), message));
}

test('a call is the same for the same seed and index, and has a mark of its own', () => {
  const calls = Array.from({ length: 1000 }, (_, index) => drawCall(5, index));
  assert.equal(drawCall(5, 700), calls[700]);
  assert.is(new Set(calls.map(({ limits }) => limits.scratchInMb)).size, calls.length);
  assert.not.equal(drawCall(6, 700).limits, calls[700]?.limits);
  // All of them are drawn.
  assert.is(new Set(calls.map(({ behaviour }) => behaviour.family)).size, 8);
});
