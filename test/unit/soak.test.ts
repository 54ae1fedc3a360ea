import * as assert from 'uvu/assert';
import { makeException } from '../../src/exceptions.js';
import type { Outcome } from '../../src/index.js';
import { suite } from '../harness.js';
import { checkCall } from '../soak/check-call.js';
import {
  busy,
  type Course,
  endless,
  ends,
  exited,
  osError,
  returned,
  taskRefused,
  threw,
  uncarriable,
} from '../soak/course.js';
import { type Drawn, type DrawnCall, drawCall } from '../soak/draw-call.js';
import { growthProblems } from '../soak/growth.js';
import type { BeginMark, EndMark } from '../soak/guest/marks.js';
import type { Made } from '../soak/make-call.js';
import { marksIn } from '../soak/marks.js';
import { measure } from '../soak/measure.js';
import { type Noticed, tryMutations } from '../soak/mutations.js';
import { possibleEnds } from '../soak/oracle.js';
import { Tally } from '../soak/tally.js';
import type { Sample } from '../soak/witness.js';

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
const orders = { stdout: 2000, stderr: 10, loadInS: 0, loadCpuInS: 0 };

function callOf(course: Course, limits: Partial<Drawn> = {}, abortAfterInS: number | null = null): DrawnCall {
  const behaviour = { family: 'test', name: 'test', guest: 'test', parameters: [], course };
  return {
    index: 0,
    behaviour,
    limits: { ...unlimited, ...limits },
    method: 'spawn',
    servesBefore: 0,
    orders,
    abortAfterInS,
  };
}

/** Moments of a call that was made at 100 and began at 100.5, and what it used. */
interface Story {
  /** Seconds from its beginning until the outcome. */
  readonly lastedInS?: number;
  /** Until it told of its end. */
  readonly endedInS?: number;
  readonly abortedInS?: number;
  /** CPU time of its container during the call; of its process before, 0.2 s. */
  readonly cpuInS?: number;
  readonly memInBytes?: number;
  readonly oomKills?: number;
  readonly pidsRefused?: number;
  /** It has not said that it began. */
  readonly silent?: boolean;
  readonly reason?: string;
  readonly outcome?: Partial<Record<keyof Outcome, unknown>>;
}

const CALLED_AT = 100;
const BEGAN_AT = 100.5;
const CPU_BEFORE = 0.2;
const nanoseconds = (seconds: number) => `${Math.round(seconds * 1e9)}`;

function madeOf(story: Story = {}): Made {
  const { lastedInS = 3, endedInS, cpuInS = 0.2, memInBytes = 2 ** 24, oomKills = 0, pidsRefused = 0 } = story;
  const began: BeginMark = {
    startedAt: nanoseconds(BEGAN_AT - 0.2),
    loadedAt: nanoseconds(BEGAN_AT - 0.01),
    beganAt: nanoseconds(BEGAN_AT),
    cpuInUs: CPU_BEFORE * 1e6,
    served: 0,
    container: 'a',
  };
  const ended: EndMark | null =
    endedInS === undefined
      ? null
      : { endedAt: nanoseconds(BEGAN_AT + endedInS), cpuInUs: (CPU_BEFORE + Math.max(0, cpuInS - 0.05)) * 1e6 };
  const stdout = story.silent
    ? ''
    : `[began ${JSON.stringify(began)}]\n${'o'.repeat(orders.stdout)}${ended ? `[ended ${JSON.stringify(ended)}]\n` : ''}`;
  const stderr = story.silent ? '' : 'e'.repeat(orders.stderr);
  const status = (story.outcome?.exitStatus ?? 0) as Outcome['exitStatus'];
  const outcome = {
    exitStatus: 0,
    result: null,
    error: status === 0 ? null : makeException(status, 'It failed'),
    exitCode: 0,
    signal: null,
    osErrno: null,
    wallClockTime: lastedInS,
    cpuTime: cpuInS,
    peakMemory: memInBytes,
    phase: 'call',
    stdout,
    stderr,
    stdoutBytes: Buffer.from(stdout),
    stderrBytes: Buffer.from(stderr),
    stdoutTruncated: false,
    stderrTruncated: false,
    stdoutDroppedBytes: 0,
    stderrDroppedBytes: 0,
    timings: { queue: 0, pack: 0, create: 0.1, start: 0.1, load: 0.1, call: 0, finish: 0 },
    meter: 'cgroup',
    ...story.outcome,
  } as Outcome;
  const at = (inS: number, share: number): Sample => ({
    afterInS: BEGAN_AT + inS,
    beforeInS: BEGAN_AT + inS + 0.001,
    cpuInS: CPU_BEFORE + 0.05 + cpuInS * share,
    memInBytes,
    oomKills: share === 1 ? oomKills : 0,
    pidsRefused: share === 1 ? pidsRefused : 0,
  });
  return {
    outcome,
    reason: story.reason ?? 'returned',
    calledAtInS: CALLED_AT,
    abortedAtInS: story.abortedInS === undefined ? null : BEGAN_AT + story.abortedInS,
    outcomeAtInS: BEGAN_AT + lastedInS,
    marks: marksIn(outcome),
    servedBefore: 0,
    seen: {
      id: 'a',
      mark: 1,
      startedAtInS: CALLED_AT + 0.2,
      endedAtInS: BEGAN_AT + lastedInS + 0.05,
      samples: [at(-0.1, 0), at(0.001, 0), at(lastedInS / 4, 0.5), at(lastedInS - 0.6, 1), at(lastedInS + 0.001, 1)],
      loggedOomKills: oomKills,
    },
  };
}

const sleeps = (seconds: number) => ends(returned('slept'), { wallInS: { least: seconds, most: seconds } });
const tells = (seconds: number) => ({ ...sleeps(seconds), tellsEnd: true });
const keeps = (least: number, most: number) => ends(returned('kept'), { memInMb: { least, most } });
const spends = (cpuInS: number) => ends(returned('spent'), { cpuInS: { least: cpuInS, most: 2 * cpuInS } });
const needsTask = ends(returned(1), { tasks: { least: 1, most: 1 }, refused: taskRefused });

/** What it does, under which limits, what was seen → all that may come of it. */
const table: [string, DrawnCall, Story, string][] = [
  ['it returns', callOf(sleeps(1)), {}, '0'],
  ['it returns long before the limit', callOf(sleeps(1), { wallTimeInS: 20 }), {}, '0'],
  ['it cannot return in time', callOf(sleeps(2), { wallTimeInS: 1 }), {}, 'TimeoutException TimeoutException'],
  ['nor had it the time to', callOf(sleeps(2)), { lastedInS: 1 }, ''],
  ['it has not told of its end', callOf(tells(1)), {}, ''],
  ['the limit is too near to tell', callOf(sleeps(1), { wallTimeInS: 2 }), {}, '0 TimeoutException TimeoutException'],
  ['it has told of its end before', callOf(tells(0.5), { wallTimeInS: 2 }), { endedInS: 0.6 }, '0'],
  [
    'it has told of its end after it',
    callOf(tells(0.5), { wallTimeInS: 2 }),
    { endedInS: 2.2 },
    'TimeoutException TimeoutException',
  ],
  ['it returns in the grace period', callOf(sleeps(1), { wallTimeInS: 0.5, gracePeriodInS: 20 }), { lastedInS: 3 }, '0'],
  [
    'the notice is the end of it',
    callOf({ ...sleeps(1), onNotice: exited(1) }, { wallTimeInS: 0.5, gracePeriodInS: 20 }),
    { lastedInS: 0.6 },
    'TimeoutException',
  ],
  [
    'a heap that is full at the same time',
    callOf(endless({ heap: true, memInMb: { least: 999, most: 999 } }), { memInMb: 64, wallTimeInS: 2 }),
    { lastedInS: 2.05 },
    'TimeoutException TimeoutException MemorylimitException',
  ],
  ['a wait is over at its limit', callOf(endless(), { wallTimeInS: 2 }), { lastedInS: 2.05 }, 'TimeoutException'],
  ['and not before, wherever it is counted from', callOf(endless(), { wallTimeInS: 2 }), { lastedInS: 1.8 }, ''],
  ['a loop, a CPU limit', callOf(endless(busy), { cpuTimeInS: 1 }), { cpuInS: 1.1 }, 'CpuTimeoutException'],
  [
    'a loop that did not get so much CPU time',
    callOf(endless(busy), { cpuTimeInS: 1, wallTimeInS: 3 }),
    { cpuInS: 0.4, lastedInS: 3.1 },
    'TimeoutException',
  ],
  [
    'a loop that had that much long before its wall limit',
    callOf(endless(busy), { cpuTimeInS: 0.5, wallTimeInS: 10 }),
    { cpuInS: 2, lastedInS: 10.1 },
    'CpuTimeoutException',
  ],
  ['a wait uses no CPU time', callOf(endless(), { cpuTimeInS: 1, wallTimeInS: 20 }), { lastedInS: 20.1 }, 'TimeoutException'],
  ['it fits', callOf(keeps(50, 100), { memInMb: 128 }), {}, '0'],
  ['it does not', callOf(keeps(50, 100), { memInMb: 40 }), { oomKills: 1 }, 'MemorylimitException'],
  ['it may fit, and was not killed', callOf(keeps(50, 100), { memInMb: 80 }), {}, '0'],
  ['it may fit, and was killed', callOf(keeps(50, 100), { memInMb: 80 }), { oomKills: 1 }, 'MemorylimitException'],
  ['too little to start with', callOf(sleeps(1), { memInMb: 8 }), { silent: true }, 'MemorylimitException'],
  ['a task too many', callOf(needsTask, { numProcesses: 1 }), { pidsRefused: 1 }, 'SubprocessException'],
  ['a task too many, and the kernel refused none', callOf(needsTask, { numProcesses: 1 }), {}, ''],
  ['aborted', callOf(sleeps(30), {}, 1), { lastedInS: 1.2, abortedInS: 1 }, 'SignalException'],
  ['not aborted', callOf(sleeps(30), {}, 1), { lastedInS: 1.2 }, ''],
  ['over before it could be aborted', callOf(sleeps(1), {}, 20), {}, '0'],
  [
    'a wait that was aborted before its limit',
    callOf(endless(), { wallTimeInS: 8 }, 1),
    { lastedInS: 8.1, abortedInS: 1 },
    'SignalException',
  ],
  ['it never began', callOf(sleeps(1), { wallTimeInS: 9 }), { silent: true }, ''],
];

for (const [name, call, story, expected] of table) {
  test(name, () => {
    const possible = possibleEnds(call, { ...measure(madeOf(story)), rivals: 1 });
    assert.is(possible.map(({ status }) => status).join(' '), expected);
    for (const { why } of possible) assert.ok(why);
  });
}

const timedOut = (fields: Partial<Record<keyof Outcome, unknown>> = {}) => ({
  exitStatus: 'TimeoutException',
  error: makeException('TimeoutException', 'Stopped in the function after 2 s: wallTimeInS is 2'),
  exitCode: 137,
  signal: 'SIGKILL',
  ...fields,
});

/** Outcomes that are right. */
const right: [string, DrawnCall, Story][] = [
  ['it slept', callOf(tells(2.9)), { endedInS: 2.95, outcome: { result: 'slept' } }],
  ['it kept', callOf(keeps(50, 100), { memInMb: 128 }), { memInBytes: 60 * 2 ** 20, outcome: { result: 'kept' } }],
  ['it spent', callOf(spends(1)), { cpuInS: 1.1, outcome: { result: 'spent' } }],
  [
    'it threw',
    callOf(ends(threw(/Error: x/))),
    {
      reason: 'threw',
      outcome: { exitStatus: 'AnythingException', error: makeException('AnythingException', 'f threw Error: x') },
    },
  ],
  [
    'it exited',
    callOf(ends(exited(3))),
    {
      reason: 'exited',
      outcome: {
        exitStatus: 'AnythingException',
        exitCode: 3,
        error: makeException('AnythingException', 'The process exited with code 3 before f returned'),
      },
    },
  ],
  [
    'a file is missing',
    callOf(ends(osError(2))),
    { reason: 'osError', outcome: { exitStatus: 'SubprocessException', osErrno: 2 } },
  ],
  [
    'a value cannot be carried',
    callOf(ends(uncarriable(/result\.a is a function/))),
    {
      reason: 'uncarriable',
      outcome: {
        exitStatus: 'PynisherError',
        error: makeException(
          'PynisherError',
          'The result cannot be carried out of the container: result.a is a function. Return plain data',
        ),
      },
    },
  ],
  [
    'it met its wall limit',
    callOf(endless(), { wallTimeInS: 2 }),
    { lastedInS: 2.05, reason: 'wallTime', outcome: timedOut() },
  ],
  [
    'it met its CPU limit',
    callOf(endless(busy), { cpuTimeInS: 1 }),
    {
      cpuInS: 1.05,
      reason: 'cpuTime',
      outcome: {
        exitStatus: 'CpuTimeoutException',
        error: makeException('CpuTimeoutException', 'Stopped in the function after 1 s: cpuTimeInS is 1'),
        exitCode: 137,
        signal: 'SIGKILL',
      },
    },
  ],
  [
    'it met its memory limit',
    callOf(keeps(200, 250), { memInMb: 64 }),
    {
      reason: 'oomKilled',
      oomKills: 1,
      memInBytes: 64 * 2 ** 20,
      outcome: {
        exitStatus: 'MemorylimitException',
        error: makeException('MemorylimitException', 'Out of memory in the function'),
        exitCode: 137,
        signal: 'SIGKILL',
      },
    },
  ],
  [
    'it was aborted',
    callOf(endless(), {}, 1),
    {
      lastedInS: 1.1,
      abortedInS: 1,
      reason: 'abort',
      outcome: {
        exitStatus: 'SignalException',
        error: makeException('SignalException', 'The caller aborted the call'),
        exitCode: 137,
        signal: 'SIGTERM',
      },
    },
  ],
];
const noticed: Noticed = new Map();

for (const [name, call, story] of right) {
  test(`agrees: ${name}`, () => {
    const made = madeOf(story);
    const judged = checkCall(call, made);
    assert.equal(judged.problems, []);
    assert.equal(tryMutations(call, made, judged, noticed), [], 'and in each way in which it could be wrong, that is reported');
  });
}

test('most ways in which an outcome can be wrong were tried on some outcome', () => {
  const untried = [...noticed].filter(([, { tried }]) => tried === 0).map(([name]) => name);
  // They take what these outcomes do not have.
  assert.equal(untried, ['a CPU time with that of the load in it', 'bytes dropped that were not counted']);
});

/** Outcomes that are wrong in one respect which no mutation is about. */
const wrong: [string, DrawnCall, Story, RegExp][] = [
  ['a status that cannot be', callOf(sleeps(1)), { outcome: { exitStatus: 'AnythingException' } }, /expected 0/],
  [
    'less time than it slept',
    callOf(sleeps(1)),
    { outcome: { result: 'slept', wallClockTime: 0.5 } },
    /wallClockTime is 0\.5, and was at least/,
  ],
  [
    'more time than it told of',
    callOf(tells(1)),
    { endedInS: 2, outcome: { result: 'slept', wallClockTime: 1.5 } },
    /wallClockTime is 1\.5, and was at least/,
  ],
  ['more time than there was', callOf(sleeps(1)), { outcome: { result: 'slept', wallClockTime: 3.3 } }, /of at most/],
  ['more CPU time than the kernel counted', callOf(sleeps(1)), { outcome: { result: 'slept', cpuTime: 1 } }, /cpuTime is 1,/],
  [
    'less CPU time than the kernel counted',
    callOf(endless(busy), { wallTimeInS: 3 }),
    { cpuInS: 2, lastedInS: 3.05, reason: 'wallTime', outcome: timedOut({ cpuTime: 0.1 }) },
    /cpuTime is 0\.1/,
  ],
  [
    'what was printed before it was stopped',
    callOf(endless(), { wallTimeInS: 900 }),
    { lastedInS: 900.1, reason: 'wallTime', outcome: timedOut({ stderr: '', stderrBytes: new Uint8Array() }) },
    /10 bytes were printed on stderr, and 0 came/,
  ],
  [
    'a refused process that was none',
    callOf(needsTask, { numProcesses: 1 }),
    { reason: 'pidsRefused', outcome: { exitStatus: 'SubprocessException', osErrno: 11 } },
    /the kernel refused none/,
  ],
];

for (const [name, call, story, message] of wrong) {
  test(`disagrees: ${name}`, () => assert.match(checkCall(call, madeOf(story)).problems.join('; '), message));
}

test('a run that saw too few counters, or that found too much possible, is no good one', () => {
  const call = callOf(sleeps(1), { wallTimeInS: 2 });
  const tally = new Tally();
  const made = madeOf({ outcome: { result: 'slept', wallClockTime: 1.5 } });
  for (let calls = 0; calls < 60; calls++) tally.add(call, made, checkCall(call, made));
  assert.is(tally.raced, 60);
  assert.match(tally.problems.join(), /^60 of 60 calls had more than one right answer/);
  for (let calls = 0; calls < 10; calls++) tally.add(call, { ...made, seen: null }, checkCall(call, made));
  assert.match(tally.problems.join(), /counters were seen for 60 of 70 containers/);
});

test('growth within the bounds is none', () => {
  const settled = { heldInMb: 30, residentInMb: 150, descriptors: 30 };
  assert.equal(growthProblems(settled, { heldInMb: 40, residentInMb: 200, descriptors: 32 }), []);
  const grown = growthProblems(settled, { heldInMb: 100, residentInMb: 400, descriptors: 60 });
  assert.is(grown.length, 3);
  assert.match(grown[0] ?? '', /heldInMb was 30, is 100/);
});

test('a call is the same for the same seed and index, and has a mark of its own', () => {
  const calls = Array.from({ length: 1000 }, (_, index) => drawCall(5, index));
  assert.equal(drawCall(5, 700), calls[700]);
  assert.is(new Set(calls.map(({ limits }) => limits.scratchInMb)).size, calls.length);
  assert.not.equal(drawCall(6, 700).limits, calls[700]?.limits);
  // All of them are drawn, and every way to come by a container.
  const families = 'builtins exits load memory native output processes runner surroundings time values';
  const drawn = new Set(calls.map(({ behaviour }) => behaviour.family));
  assert.is([...drawn].sort().join(' '), process.arch === 'x64' ? families : families.replace('native ', ''));
  const ways = new Set(calls.map(({ method, servesBefore }) => `${method} ${servesBefore}`));
  assert.is([...ways].sort().join(), 'forkserver 0,forkserver 1,forkserver 2,forkserver 3,spawn 0');
});
