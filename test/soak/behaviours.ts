import { anything, busy, type Course, EAGAIN, type End, endless, ends, osError, type Range, returned } from './course.js';
import { carried } from './guest/values.js';
import type { Random } from './random.js';

/** A behaviour with its parameters drawn. */
export interface Behaviour {
  readonly family: string;
  readonly name: string;
  readonly parameters: readonly unknown[];
  readonly course: Course;
}

const internal: End = { status: 'PynisherError' };
const memoryEnd: End = { status: 'MemorylimitException' };
const never = Number.POSITIVE_INFINITY;
const exactly = (value: number): Range => ({ least: value, most: value });

type Draw = (random: Random) => { parameters: readonly unknown[]; course: Course };

const fixed =
  (course: Course, ...parameters: unknown[]): Draw =>
  () => ({ parameters, course });

const kinds = Object.keys(carried);
const catchable: readonly NodeJS.Signals[] = [
  ...(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGFPE', 'SIGBUS', 'SIGILL', 'SIGTRAP'] as const),
  ...(['SIGSYS', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const),
];

const families: Readonly<Record<string, Readonly<Record<string, Draw>>>> = {
  values: {
    carries: (random) => {
      const kind = random.pick(kinds);
      return { parameters: [kind], course: ends(returned(carried[kind]?.())) };
    },
    cannotCarry: (random) => ({
      parameters: [random.pick(['deep', 'proto', 'function', 'symbol', 'getter', 'revoked'])],
      course: ends(internal),
    }),
    text: (random) => {
      const bytes = random.integer(1, 6 * 2 ** 20);
      const mebibytes = bytes / 2 ** 20;
      return {
        parameters: [bytes],
        course: ends(returned('x'.repeat(bytes)), {
          // Encoded, it has quotes and an envelope around it.
          resultInBytes: { least: bytes, most: bytes + 200 },
          // The string, its encoded form, and the pieces that are being sent.
          memInMb: { least: 8 + mebibytes, most: 64 + 8 * mebibytes },
        }),
      };
    },
    pending: fixed(ends(anything)),
    unsettledThenable: fixed(ends(anything)),
    thenableOfItself: fixed(endless(busy)),
    replacesBuiltins: fixed(ends(returned({ kept: [1] }))),
  },
  time: {
    sleeps: (random) => {
      const seconds = random.between(0.05, 1.5);
      return { parameters: [seconds], course: ends(returned('slept'), { wallInS: exactly(seconds) }) };
    },
    sleepsThenThrows: (random) => {
      const seconds = random.between(0.05, 1.5);
      return { parameters: [seconds], course: ends(anything, { wallInS: exactly(seconds) }) };
    },
    spends: (random) => {
      const cpuInS = random.between(0.1, 1);
      // Optimising and collecting go on beside it.
      const course = { cpuInS: { least: cpuInS, most: cpuInS * 1.3 + 0.5 }, wallInS: { least: cpuInS * 0.9, most: never } };
      return { parameters: [cpuInS], course: ends(returned('spent'), course) };
    },
    waits: fixed(endless()),
    loops: fixed(endless(busy)),
    matches: fixed(endless(busy)),
    microtasks: fixed(endless(busy)),
    hashes: fixed(endless(busy)),
    parks: fixed(endless()),
    stopsItself: fixed(endless()),
    loopsTwice: fixed(endless({ ...busy, cores: 2, tasks: exactly(1), refused: osError(EAGAIN) })),
    listens: (random) => {
      const how = random.pick(['returns', 'throws', 'exits', 'ignores'] as const);
      const onNotice = { returns: returned('heard'), throws: anything, exits: anything, ignores: null }[how];
      return { parameters: [how], course: endless({ onNotice }) };
    },
  },
  memory: {
    keepsBuffers: (random) => {
      const megabytes = random.integer(16, 200);
      const memInMb = { least: megabytes, most: megabytes + 56 };
      return { parameters: [megabytes], course: ends(returned('kept'), { memInMb, cpuInS: { least: 0, most: 1.5 } }) };
    },
    keepsObjects: (random) => {
      const megabytes = random.integer(8, 80);
      // V8 keeps what it copies twice while it collects.
      const memInMb = { least: megabytes, most: 1.6 * megabytes + 72 };
      return {
        parameters: [megabytes],
        course: ends(returned('kept'), { memInMb, heap: true, cpuInS: { least: 0, most: 5 }, cores: 2 }),
      };
    },
    growsForEver: fixed(endless({ ...busy, memInMb: exactly(never) })),
    growsHeapForEver: fixed(endless({ ...busy, memInMb: exactly(never), heap: true, cores: 2 })),
    asksForTooMuch: fixed(ends(memoryEnd)),
    fillsScratch: (random) => {
      const megabytes = random.integer(4, 60);
      const memInMb = { least: megabytes, most: megabytes + 56 };
      const cpuInS = { least: 0, most: 1.5 };
      return {
        parameters: [megabytes],
        course: ends(returned('filled'), { memInMb, scratchInMb: exactly(megabytes), cpuInS }),
      };
    },
    hogsInChild: fixed(
      ends(returned('SIGKILL'), {
        memInMb: exactly(never),
        childIsTheHog: true,
        tasks: { least: 1, most: 12 },
        cpuInS: { least: 0, most: 5 },
        cores: 2,
      }),
    ),
  },
  processes: {
    hasChildren: (random) => {
      const count = random.integer(1, 2);
      return {
        parameters: [count],
        // A child node has eleven tasks; one may be gone before the next one is there.
        course: ends(returned(Array(count).fill(0)), {
          tasks: { least: 1, most: 11 * count },
          refused: osError(EAGAIN),
          cpuInS: { least: 0, most: 3 },
          memInMb: { least: 20, most: 56 + 50 * count },
          cores: 2,
        }),
      };
    },
    hasWorkers: (random) => {
      const count = random.integer(1, 5);
      return {
        parameters: [count],
        course: ends(returned(count), {
          tasks: exactly(count),
          refused: osError(EAGAIN),
          cpuInS: { least: 0, most: 3 },
          memInMb: { least: 10, most: 72 + 16 * count },
          cores: 2,
        }),
      };
    },
    bombs: fixed(endless({ ...busy, cores: never, tasks: exactly(never), memInMb: { least: 20, most: never } })),
    leavesAChild: fixed(
      ends(returned('left'), {
        tasks: { least: 1, most: 11 },
        refused: osError(EAGAIN),
        memInMb: { least: 10, most: 110 },
        cores: 2,
      }),
    ),
  },
  output: {
    prints: (random) => {
      const stdout = random.chance(0.3) ? 0 : random.integer(1, 3 * 2 ** 20);
      const stderr = random.chance(0.3) ? 0 : random.integer(1, 2 ** 20);
      // 0xff is no UTF-8; 0 and 1 look like the head of a frame of the engine's stream.
      return {
        parameters: [stdout, stderr, random.pick([0, 1, 0x78, 0xff])],
        course: ends(returned('printed'), { printsBytes: { stdout, stderr }, cpuInS: { least: 0, most: 1 } }),
      };
    },
    floods: (random) => ({
      parameters: [random.pick([1, 2])],
      course: endless({ ...busy, cpuInS: { least: 0, most: never } }),
    }),
    closesItsOutput: fixed(ends(returned('closed'))),
  },
  exits: {
    exits: (random) => {
      const exitCode = random.pick([0, 1, 2, 13, 124, 125, 126, 127, 128, 134, 137, 139, 143, 152, 255]);
      return { parameters: [exitCode], course: ends({ ...anything, exitCode }) };
    },
    exitsInFinally: (random) => {
      const exitCode = random.integer(0, 255);
      return { parameters: [exitCode], course: ends({ ...anything, exitCode }) };
    },
    dies: (random) => {
      const signal = random.pick(catchable);
      return { parameters: [signal], course: ends({ status: 'SignalException', signal }) };
    },
    // No limit explains that SIGKILL.
    diesAtOnce: fixed(ends(anything), 'SIGKILL'),
    diesWithAll: fixed(ends({ status: 'SignalException', signal: 'SIGTERM' }), 'SIGTERM'),
    aborts: fixed(ends({ status: 'SignalException', signal: 'SIGABRT' })),
    throws: (random) => ({
      parameters: [random.pick(['error', 'string', 'null', 'undefined', 'aggregate', 'hostileName'])],
      course: ends(anything),
    }),
    throwsLater: fixed(ends(anything)),
    rejectsUnheard: fixed(ends(anything)),
    missesAFile: fixed(ends(osError(2))),
  },
  surroundings: {
    // EROFS, or EACCES or EPERM where the kernel looks at rights first; ENOENT in a folder that cannot be.
    writes: (random) => ({
      parameters: [
        random.pick(['/file', '/etc/passwd', '/nisher/runner.cjs', '/usr/local/bin/node', '/proc/sys/kernel/hostname']),
      ],
      course: ends(osError(30, 13, 1, 2)),
    }),
    sparse: fixed(ends(returned(2 ** 40))),
    manyFiles: (random) => {
      const count = random.integer(1, 3000);
      return { parameters: [count], course: ends(returned(count), { cpuInS: { least: 0, most: 1.5 } }) };
    },
    connects: fixed(ends(osError(111))),
    // A name look-up has numbers of its own, which errno(3) does not know.
    looksUp: fixed(ends(anything, { wallInS: { least: 0, most: 6 } })),
    looksAround: fixed(ends(returned([['lo'], ['HOME', 'PATH'], 1000]))),
    becomesRoot: fixed(ends(osError(1))),
  },
  load: {
    throws: fixed(ends(anything, { phase: 'load' })),
    exits: fixed(ends({ ...anything, exitCode: 4 }, { phase: 'load' })),
    loops: fixed(endless({ ...busy, phase: 'load' })),
    hogs: fixed(endless({ ...busy, memInMb: exactly(never), phase: 'load' })),
    waits: fixed(endless({ phase: 'load' })),
    hangs: fixed(ends(anything, { phase: 'load' })),
  },
};

const all = Object.entries(families).flatMap(([family, draws]) =>
  Object.entries(draws).map(([name, draw]) => ({ family, name, draw })),
);

export function drawBehaviour(random: Random): Behaviour {
  const { family, name, draw } = random.pick(all);
  return { family, name, ...draw(random) };
}
