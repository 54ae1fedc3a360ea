import { type Behaviour, exactly, type Families, fixed, never } from './behaviour.js';
import {
  allocationRefused,
  busy,
  type Course,
  died,
  type End,
  endless,
  ends,
  exited,
  killed,
  neverSettles,
  osError,
  type Printed,
  returned,
  taskRefused,
  threw,
  uncarriable,
  uncaught,
} from './course.js';
import { carried } from './guest/carried.js';
import { hostileFamilies } from './hostile-behaviours.js';
import type { Random } from './random.js';

const kinds = Object.keys(carried);
/** What docs/values.md refuses, and how the message names where it is. */
const uncarriables: Readonly<Record<string, RegExp>> = {
  deep: /result(\[0\])+.*… is nested too deeply/,
  proto: /result\.a has a/,
  function: /result\.call is a function/,
  symbol: /result\[0\] is a symbol/,
  getter: /result\.a throws when read/,
  revoked: /result\[0\] throws when read/,
};
const thrown: Readonly<Record<string, RegExp>> = {
  error: /threw RangeError: beyond/,
  string: /threw 'text'/,
  null: /threw null/,
  undefined: /threw undefined/,
  aggregate: /threw AggregateError: many/,
  hostileName: /threw /,
};
const catchable: readonly NodeJS.Signals[] = [
  ...(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGFPE', 'SIGBUS', 'SIGILL', 'SIGTRAP'] as const),
  ...(['SIGSYS', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const),
];
const printsNothing: Printed = { byte: 0, stdout: 0, stderr: 0 };

const families: Families = {
  values: {
    carries: (random) => {
      const kind = random.pick(kinds);
      return { parameters: [kind], course: ends(returned(carried[kind]?.())) };
    },
    cannotCarry: (random) => {
      const [kind, where] = random.pick(Object.entries(uncarriables));
      return { parameters: [kind], course: ends(uncarriable(where)) };
    },
    text: (random) => {
      const bytes = random.integer(1, 6 * 2 ** 20);
      const mebibytes = bytes / 2 ** 20;
      return {
        parameters: [bytes],
        course: ends(returned('x'.repeat(bytes)), {
          tellsEnd: true,
          // Encoded, it has quotes and an envelope around it.
          resultInBytes: { least: bytes, most: bytes + 200 },
          // The string, its encoded form, and the pieces that are being sent.
          memInMb: { least: 8 + mebibytes, most: 64 + 8 * mebibytes },
        }),
      };
    },
    pending: fixed(ends(neverSettles(/never settles/))),
    unsettledThenable: fixed(ends(neverSettles(/never settles/))),
    thenableOfItself: fixed(endless(busy)),
  },
  time: {
    sleeps: (random) => {
      const seconds = random.between(0.05, 1.5);
      return { parameters: [seconds], course: ends(returned('slept'), { wallInS: exactly(seconds), tellsEnd: true }) };
    },
    sleepsThenThrows: (random) => {
      const seconds = random.between(0.05, 1.5);
      return { parameters: [seconds], course: ends(threw(/Error: slept/), { wallInS: exactly(seconds), tellsEnd: true }) };
    },
    spends: (random) => {
      const cpuInS = random.between(0.1, 1);
      // Optimising and collecting go on beside it.
      const spent = { least: cpuInS, most: cpuInS * 1.3 + 0.5 };
      const course = { cpuInS: spent, wallInS: { least: cpuInS * 0.9, most: never }, tellsEnd: true };
      return { parameters: [cpuInS], course: ends(returned('spent'), course) };
    },
    waits: fixed(endless()),
    loops: fixed(endless(busy)),
    matches: fixed(endless(busy)),
    microtasks: fixed(endless(busy)),
    hashes: fixed(endless(busy)),
    parks: fixed(endless()),
    stopsItself: fixed(endless()),
    loopsTwice: fixed(endless({ ...busy, cores: 2, tasks: exactly(1), refused: taskRefused })),
    listens: (random) => {
      const how = random.pick(['returns', 'throws', 'exits', 'ignores'] as const);
      const onNotice = { returns: returned('heard'), throws: threw(/heard/), exits: exited(3), ignores: null }[how];
      return { parameters: [how], course: endless({ onNotice }) };
    },
  },
  memory: {
    keepsBuffers: (random) => {
      const megabytes = random.integer(16, 200);
      const memInMb = { least: megabytes, most: megabytes + 56 };
      const course = { memInMb, cpuInS: { least: 0, most: 1.5 }, tellsEnd: true };
      return { parameters: [megabytes], course: ends(returned('kept'), course) };
    },
    keepsObjects: (random) => {
      const megabytes = random.integer(8, 80);
      // V8 keeps what it copies twice while it collects.
      const memInMb = { least: megabytes, most: 1.6 * megabytes + 72 };
      return {
        parameters: [megabytes],
        course: ends(returned('kept'), { memInMb, heap: true, cpuInS: { least: 0, most: 5 }, cores: 2, tellsEnd: true }),
      };
    },
    growsForEver: fixed(endless({ ...busy, memInMb: exactly(never) })),
    growsHeapForEver: fixed(endless({ ...busy, memInMb: exactly(never), heap: true, cores: 2 })),
    asksForTooMuch: fixed(ends(allocationRefused)),
    fillsScratch: (random) => {
      const megabytes = random.integer(4, 60);
      const memInMb = { least: megabytes, most: megabytes + 56 };
      const cpuInS = { least: 0, most: 1.5 };
      return {
        parameters: [megabytes],
        course: ends(returned('filled'), { memInMb, scratchInMb: exactly(megabytes), cpuInS, tellsEnd: true }),
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
          refused: taskRefused,
          wallInS: exactly(0.3),
          cpuInS: { least: 0, most: 3 },
          // It shares most of its memory with its parent: measured, 17 MB for both.
          memInMb: { least: 12, most: 56 + 50 * count },
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
          refused: taskRefused,
          wallInS: exactly(0.3),
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
        refused: taskRefused,
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
      const byte = random.pick([0, 1, 0x78, 0xff]);
      return {
        parameters: [stdout, stderr, byte],
        course: ends(returned('printed'), { prints: { byte, stdout, stderr }, cpuInS: { least: 0, most: 1 } }),
      };
    },
    floods: (random) => {
      const descriptor = random.pick([1, 2]);
      const prints = { ...printsNothing, byte: 0x78, [descriptor === 1 ? 'stdout' : 'stderr']: never };
      return { parameters: [descriptor], course: endless({ ...busy, cpuInS: { least: 0, most: never }, prints }) };
    },
    closesItsOutput: fixed(ends(returned('closed'))),
  },
  exits: {
    exits: (random) => {
      const exitCode = random.pick([0, 1, 2, 13, 124, 125, 126, 127, 128, 134, 137, 139, 143, 152, 255]);
      return { parameters: [exitCode], course: ends(exited(exitCode)) };
    },
    exitsInFinally: (random) => {
      const exitCode = random.integer(0, 255);
      return { parameters: [exitCode], course: ends(exited(exitCode)) };
    },
    dies: (random) => {
      const signal = random.pick(catchable);
      return { parameters: [signal], course: ends(died(signal)) };
    },
    diesAtOnce: fixed(ends(killed), 'SIGKILL'),
    diesWithAll: fixed(ends(died('SIGTERM')), 'SIGTERM'),
    aborts: fixed(ends(died('SIGABRT'))),
    throws: (random) => {
      const [what, message] = random.pick(Object.entries(thrown));
      return { parameters: [what], course: ends(threw(message)) };
    },
    throwsLater: fixed(ends(uncaught(/Error: late/))),
    rejectsUnheard: fixed(ends(uncaught(/Error: unheard/))),
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
    looksUp: fixed(ends(threw(/EAI_AGAIN|ENOTFOUND/), { wallInS: { least: 0, most: 6 } })),
    // What it is ordered is in its environment.
    looksAround: fixed(ends(returned([['lo'], ['HOME', 'PATH', 'SOAK'], 1000]))),
    becomesRoot: fixed(ends(osError(1))),
  },
  load: {
    throws: fixed(atLoad(threw(/Error: while loading/))),
    exits: fixed(atLoad(exited(4))),
    loops: fixed(endless({ ...busy, phase: 'load' })),
    hogs: fixed(endless({ ...busy, memInMb: exactly(never), phase: 'load' })),
    waits: fixed(endless({ phase: 'load' })),
    hangs: fixed(atLoad(neverSettles(/never finished loading/))),
  },
  ...hostileFamilies,
};

function atLoad(end: End): Course {
  return ends({ ...end, phase: 'load' }, { phase: 'load' });
}

const all = Object.entries(families).flatMap(([family, draws]) =>
  Object.entries(draws).map(([name, draw]) => ({ family, name, draw })),
);

export function drawBehaviour(random: Random): Behaviour {
  const { family, name, draw } = random.pick(all);
  return { family, name, guest: name, ...draw(random) };
}
