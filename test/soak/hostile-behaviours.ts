import { constants } from 'node:os';
import { encode } from '../../src/wire/codec.js';
import { encodeMessage } from '../../src/wire/messages.js';
import { GuestFrame, HostMessage } from '../../src/wire/protocol.js';
import type { Forged } from '../adversarial/guests/runner/forges-frames.js';
import { noMachineCode, programOf, type SystemCall } from '../support/machine-code.js';
import { type Draw, exactly, type Families, fixed, never } from './behaviour.js';
import {
  busy,
  type Course,
  type End,
  endless,
  ends,
  exited,
  killed,
  protocolBroken,
  returned,
  taskRefused,
  threw,
} from './course.js';
import type { Random } from './random.js';

const globals = (
  'Object Function Array String Number Boolean Symbol Error Promise Map Set WeakMap WeakSet RegExp Date JSON Math Reflect Proxy ' +
  'ArrayBuffer SharedArrayBuffer DataView Uint8Array BigUint64Array BigInt Buffer URL AbortController TextEncoder TextDecoder Atomics'
).split(' ');
const made = { list: [1, 2], map: new Map([['a', 1]]), set: new Set([3]), bytes: new Uint8Array([4, 5]), date: new Date(6) };
const unharmed = ends(returned(made));

/** What they replace or break is not what nisher's runner works with. */
const builtins: Record<string, Draw> = {
  breaksMethods: (random) => ({ parameters: [random.pick(globals)], course: unharmed }),
  pollutesPrototypes: (random) => ({
    parameters: [random.pick(['status type length value get set', 'path problem exitCode durationInS 0 1 2'])],
    course: unharmed,
  }),
  // Node's own functions take it that what they did has failed, those that the runner writes its last word with, too.
  pollutesErrors: () => ({
    guest: 'pollutesPrototypes',
    parameters: ['errno code'],
    course: { ...unharmed, breaksNode: true },
  }),
  breaksProcess: (random) => ({ parameters: [random.pick(['does nothing', 'throws'])], course: unharmed }),
  breaksFs: fixed(unharmed),
  breaksGlobals: fixed(unharmed),
  breaksIteration: fixed(unharmed),
  freezesEverything: fixed(unharmed),
  breaksEmitters: fixed(ends(returned(5), { wallInS: exactly(0.1) })),
  breaksPromises: fixed(ends(returned(5))),
  replacesSome: fixed(ends(returned({ kept: [1] }))),
  breaksErrorStacks: fixed(ends(threw(/RangeError: thrown/))),
  // The runner writes with it as well: it has no last word.
  breaksWriting: fixed(ends({ ...exited(1), message: /./ })),
};

const text = (string: string) => Buffer.from(`${string}\0`);
const zeros = (length: number) => Buffer.alloc(length);
const { ENOENT, ESRCH } = constants.errno;

/** Programs of one system call or instruction, with what becomes of each. Numbers of x86-64. */
const programs: readonly (readonly [Uint8Array, string | number])[] = [
  ...(
    [
      [{ number: 39 }, 0], // getpid
      [{ number: 2, args: [text('/nowhere'), 0] }, ENOENT],
      // This program, which has no such process there.
      [{ number: 62, args: [process.pid, 9] }, ESRCH],
      [{ number: 165, args: [text('none'), text('/tmp'), text('tmpfs'), 0, 0] }, 'refused'], // mount
      [{ number: 161, args: [text('/tmp')] }, 'refused'], // chroot
      [{ number: 272, args: [0x1000_0000] }, 'refused'], // unshare of a user namespace
      [{ number: 308, args: [0, 0] }, 'refused'], // setns
      [{ number: 321, args: [0, zeros(72), 72] }, 'refused'], // bpf
      [{ number: 298, args: [zeros(112), 0, -1, -1, 0] }, 'refused'], // perf_event_open
      [{ number: 304, args: [-100, zeros(16), 0] }, 'refused'], // open_by_handle_at
      [{ number: 41, args: [2, 3, 1] }, 'refused'], // a raw socket
      [{ number: 175, args: [zeros(8), 8, text('')] }, 'refused'], // init_module
      [{ number: 169, args: [0, 0, 0, 0] }, 'refused'], // reboot
      [{ number: 164, args: [zeros(16), 0] }, 'refused'], // settimeofday
      [{ number: 105, args: [0] }, 'refused'], // setuid
      [{ number: 170, args: [text('x'), 1] }, 'refused'], // sethostname
    ] as readonly [SystemCall, string | number][]
  ).map(([call, end]): [Uint8Array, string | number] => [programOf(call), end]),
  [programOf({ code: [0x0f, 0x0b] }), 'SIGILL'], // ud2
  [programOf({ code: [0xf4] }), 'SIGSEGV'], // hlt
  [programOf({ code: [0xcc] }), 'SIGTRAP'], // int3
];
const one = exactly(1);
const signalsAll = (signal: number) => programOf({ number: 62, args: [-1, signal] });
/** 0: jmp 0 */
const loop = programOf({ code: [0xeb, 0xfe] });
/** 0: mov eax, 57 (fork); syscall; jmp 0 */
const forks = programOf({ code: [0xb8, 57, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] });

const native: Record<string, Draw> = {
  runs: (random) => {
    const chosen = Array.from({ length: random.integer(1, 4) }, () => random.pick(programs));
    const course = ends(returned(chosen.map(([, end]) => end)), {
      tasks: one,
      refused: taskRefused,
      cpuInS: { least: 0, most: 1 },
      cores: 2,
    });
    return { parameters: [chosen.map(([program]) => program)], course };
  },
};
const runsOne =
  (program: Uint8Array, course: Course): Draw =>
  () => ({ guest: 'runsOne', parameters: [program], course });

const nativePrograms: Record<string, Draw> = {
  // Every process but the init and the sender: the function's, too.
  killsAll: runsOne(signalsAll(9), ends(killed, { tasks: one, refused: taskRefused })),
  loopsInChild: runsOne(loop, endless({ ...busy, tasks: one, refused: taskRefused })),
  forks: runsOne(forks, endless({ ...busy, cores: never, tasks: exactly(never) })),
};

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const value = (payload: Uint8Array): Forged => ({ type: GuestFrame.Value, payload });
const end = (fields: object): Forged => ({ type: GuestFrame.End, payload: json(fields) });
const encoded = (forged: unknown) => Buffer.concat(encode(forged, { root: 'result', maxBytes: 1000 }));
const forged = encoded('forged');
const returnedFrame = (valueInBytes: number, durationInS: unknown = 0.001) =>
  end({ status: 'returned', durationInS, valueInBytes });

/** It lies about itself; what it cannot lie about stays. */
const lying = (what: End | null): Course => {
  const differences: Partial<Course> = { lies: true, cpuInS: { least: 0, most: 1 } };
  return what === null ? endless(differences) : ends(what, differences);
};

/** Frames that no runner sends, with the delimiter and the number that are due. */
const broken: Readonly<Record<string, (random: Random) => readonly Forged[]>> = {
  'more bytes declared than sent': () => [value(forged), returnedFrame(forged.length + 1)],
  'fewer bytes declared than sent': () => [value(forged), returnedFrame(forged.length - 1)],
  'no value': (random) => [returnedFrame(random.integer(0, 100))],
  'bytes that are no value': (random) => {
    const bytes = Buffer.from(Array.from({ length: random.integer(1, 200) }, () => random.integer(128, 255)));
    return [value(bytes), returnedFrame(bytes.length)];
  },
  'an end that is no JSON': () => [{ type: GuestFrame.End, payload: Buffer.from('{') }],
  'an unknown status': () => [end({ status: 'won' })],
  'no duration': () => [end({ status: 'returned' })],
  'a negative duration': (random) => [value(forged), returnedFrame(forged.length, -random.between(0.001, 10))],
  'an unknown type': (random) => [{ type: random.integer(7, 255) }],
  'a number too high': (random) => [{ ...value(forged), skip: random.integer(1, 1000) }],
  'a number again': () => [{ ...value(forged), skip: -1 }],
  'a frame longer than frames are': (random) => [{ ...value(forged), length: random.integer(5000, 65_535) }],
  'a step that is over': (random) => [{ type: random.pick([GuestFrame.Loading, GuestFrame.Loaded, GuestFrame.Ready]) }],
};

const message = (type: 3 | 4 | 5 | 6, payload: Uint8Array = new Uint8Array(0)) => Buffer.concat(encodeMessage(type, payload));
const messages: readonly Uint8Array[] = [
  message(HostMessage.Limit, json({ kind: 'wallTime', message: 'forged' })),
  Buffer.concat([message(HostMessage.Arguments, forged), message(HostMessage.Go)]),
  // Half of one.
  Buffer.from([HostMessage.Arguments, 0, 0, 0, 9, 1]),
  message(HostMessage.Release),
];

const runner: Record<string, Draw> = {
  // It could just as well have returned that. Nobody waits to be released: the process is killed.
  forgesValue: (random) => {
    const what = { number: random.integer(0, 1e9) };
    const bytes = encoded(what);
    const truth: End = { ...returned(what), exitCodes: [137] };
    return {
      guest: 'forgesFrames',
      parameters: [[value(bytes), returnedFrame(bytes.length)], random.pick(['waits', 'works'])],
      course: { ...lying(truth), cpuInS: { least: 0, most: 12 } },
    };
  },
  breaksProtocol: (random) => {
    const frames = random.pick(Object.values(broken))(random);
    return { guest: 'forgesFrames', parameters: [frames, 'waits'], course: lying(protocolBroken()) };
  },
  // A value without an end is none: it goes on.
  forgesHalf: () => ({ guest: 'forgesFrames', parameters: [[value(forged)], 'waits'], course: lying(null) }),
  forgesExit: (random) => {
    const exitCode = random.integer(0, 255);
    const frame = end({ status: 'exiting', phase: 'call', durationInS: 0, exitCode });
    const claimed: End = { ...exited(exitCode), exitCodes: [137] };
    return { guest: 'forgesFrames', parameters: [[frame], 'waits'], course: lying(claimed) };
  },
  sendsHostMessages: (random) => {
    const bytes = random.pick(messages);
    // The notice of a limit that comes behind half a message is read as the rest of that, which no runner understands.
    const differences = { wallInS: exactly(0.5), onNotice: exited(1) };
    return { guest: 'sendsHostMessages', parameters: [bytes], course: ends(returned(bytes.length), differences) };
  },
  reachesIntoRealm: () => ({
    guest: 'reachesIntoRealm',
    parameters: [],
    course: lying(protocolBroken(/unknown status/)),
  }),
};

/** Attacks of test/adversarial that have more than one case, or a place of their own beside others' limits. */
export const hostileFamilies: Families = {
  builtins,
  ...(noMachineCode === null && { native: { ...native, ...nativePrograms } }),
  runner,
};
