import { makeException } from '../../src/exceptions.js';
import type { Outcome } from '../../src/index.js';
import { checkCall, type Judged } from './check-call.js';
import type { DrawnCall } from './draw-call.js';
import type { Made } from './make-call.js';
import { marksIn } from './marks.js';
import type { Sample } from './witness.js';

/** A way in which an outcome, or what the kernel says of it, could be wrong. */
interface Mutation {
  readonly name: string;
  /** The same call with that wrong; null where it would not be wrong, or nobody outside could know. */
  readonly mutate: (call: DrawnCall, made: Made, judged: Judged) => Made | null;
}

const statuses = [
  0,
  'CpuTimeoutException',
  'TimeoutException',
  'MemorylimitException',
  'SubprocessException',
  'SignalException',
  'AnythingException',
  'PynisherError',
] as const;
/** A reason that goes with each. */
const reasons = ['returned', 'cpuTime', 'wallTime', 'oomKilled', 'osError', 'signal', 'threw', 'fault'];

type Fields = { -readonly [Name in keyof Outcome]?: unknown };

const changed = (made: Made, fields: Fields): Made => {
  const outcome = { ...made.outcome, ...fields } as Outcome;
  return { ...made, outcome, marks: marksIn(outcome) };
};

const when = (condition: boolean, made: () => Made): Made | null => (condition ? made() : null);

/** It came to its own end, or to one that comes after all it prints: nothing need be missing. */
const printedAll = ({ reason, marks }: Made) => marks.began !== null && !['wallTime', 'abort', 'cpuTime'].includes(reason);

const withStdout = (made: Made, stdoutBytes: Uint8Array): Made =>
  changed(made, { stdoutBytes, stdout: Buffer.from(stdoutBytes).toString('utf8') });

const withSamples = (made: Made, change: (sample: Sample, first: Sample) => Sample): Made | null => {
  const [first] = made.seen?.samples ?? [];
  if (made.seen === null || first === undefined) return null;
  return { ...made, seen: { ...made.seen, samples: made.seen.samples.map((sample) => change(sample, first)) } };
};

const mutations: readonly Mutation[] = [
  ...statuses.map(
    (exitStatus, index): Mutation => ({
      name: `the status ${exitStatus} instead`,
      mutate: (_call, made, { possible }) =>
        when(!possible.some(({ status }) => status === exitStatus), () => ({
          ...changed(made, {
            exitStatus,
            result: null,
            error: exitStatus === 0 ? null : makeException(exitStatus, 'Another'),
            osErrno: exitStatus === 'SubprocessException' ? 2 : null,
            signal: exitStatus === 'SignalException' ? 'SIGTERM' : null,
          }),
          reason: reasons[index] ?? '',
        })),
    }),
  ),
  {
    name: 'another result',
    mutate: (_call, made) => when(made.outcome.exitStatus === 0, () => changed(made, { result: { another: 1 } })),
  },
  {
    name: 'another exit code',
    mutate: (_call, made) => changed(made, { exitCode: made.outcome.exitCode === null ? 0 : made.outcome.exitCode + 1 }),
  },
  {
    name: 'no exit code',
    mutate: (_call, made) =>
      when(made.outcome.exitCode !== null && made.marks.began !== null, () => changed(made, { exitCode: null })),
  },
  {
    name: 'another signal',
    mutate: (_call, made) => when(made.outcome.exitStatus === 'SignalException', () => changed(made, { signal: 'SIGWINCH' })),
  },
  {
    name: 'another errno',
    mutate: (_call, made) => when(made.outcome.osErrno !== null, () => changed(made, { osErrno: 131 })),
  },
  {
    name: 'another phase',
    mutate: (_call, made) =>
      when(made.marks.began !== null, () => changed(made, { phase: made.outcome.phase === 'call' ? 'load' : 'call' })),
  },
  {
    name: "a fault of the engine's for a value that cannot be carried or is too large",
    mutate: (_call, made) =>
      when(['uncarriable', 'tooLarge'].includes(made.reason), () => ({
        ...changed(made, { error: makeException('PynisherError', 'The engine does not answer') }),
        reason: 'fault',
      })),
  },
  {
    name: 'another message for it',
    mutate: (_call, made) =>
      when(['uncarriable', 'tooLarge'].includes(made.reason), () =>
        changed(made, { error: makeException('PynisherError', 'The result cannot be carried') }),
      ),
  },
  {
    name: 'a wall time of 0',
    mutate: ({ behaviour: { course } }, made) =>
      when(
        !course.lies &&
          ((made.reason === 'wallTime' && made.outcome.exitCode === 137) ||
            (made.outcome.exitStatus === 0 && course.wallInS.least > 0.05)),
        () => changed(made, { wallClockTime: 0 }),
      ),
  },
  {
    name: "a wall time with the container's start in it",
    mutate: (_call, made, { measured }) =>
      when(measured.lastedInS !== null && measured.elapsedInS - measured.lastedInS.most > 0.02, () =>
        changed(made, { wallClockTime: measured.elapsedInS }),
      ),
  },
  {
    name: "a wall limit that counts from the container's start",
    mutate: ({ limits, behaviour }, made) => {
      const { began } = made.marks;
      const loadedAtInS = began?.loadedAtInS ?? 0;
      const limit = limits.wallTimeInS ?? 0;
      const wouldBeAt = made.calledAtInS + limit + limits.gracePeriodInS + 0.02;
      const applies =
        made.reason === 'wallTime' &&
        made.outcome.exitCode === 137 &&
        behaviour.course.end === null &&
        began !== null &&
        loadedAtInS - made.calledAtInS > 0.05 &&
        wouldBeAt > began.atInS;
      return when(applies, () => ({ ...made, outcomeAtInS: wouldBeAt }));
    },
  },
  {
    name: 'a CPU time of 0',
    mutate: ({ behaviour: { course } }, made) =>
      when(!course.lies && (made.reason === 'cpuTime' || (made.outcome.exitStatus === 0 && course.cpuInS.least > 0.1)), () =>
        changed(made, { cpuTime: 0 }),
      ),
  },
  {
    name: 'a CPU time with that of the load in it',
    mutate: ({ behaviour: { course } }, made) => {
      const { outcome, marks, seen, outcomeAtInS } = made;
      const loadInS = marks.began?.cpuInS ?? 0;
      // The counters of one that was killed are gone before they can be read once more.
      const isRead = seen?.samples.some(({ afterInS }) => afterInS >= outcomeAtInS) ?? false;
      const applies = outcome.exitStatus === 0 && course.phase === 'call' && !course.lies && isRead && loadInS > 0.5;
      return when(applies, () => changed(made, { cpuTime: outcome.cpuTime + loadInS }));
    },
  },
  {
    name: 'a peak of 0',
    mutate: ({ behaviour: { course } }, made) =>
      when(made.outcome.exitStatus === 0 && course.memInMb.least > 1 && !course.childIsTheHog && !course.lies, () =>
        changed(made, { peakMemory: 0 }),
      ),
  },
  {
    name: 'a peak above the limit',
    mutate: ({ limits: { memInMb } }, made) =>
      when(memInMb !== null, () => changed(made, { peakMemory: (memInMb ?? 0) * 2 ** 20 + 1 })),
  },
  {
    name: 'the last byte of stdout missing',
    mutate: (_call, made) =>
      when(printedAll(made) && made.outcome.stdoutDroppedBytes === 0, () =>
        withStdout(made, made.outcome.stdoutBytes.subarray(0, -1)),
      ),
  },
  {
    name: 'all of stdout missing',
    mutate: (_call, made) => when(printedAll(made), () => withStdout(made, new Uint8Array())),
  },
  {
    name: 'another byte on stdout',
    mutate: (_call, made) =>
      when(made.outcome.stdoutBytes.length > 1000, () => {
        const bytes = made.outcome.stdoutBytes.slice();
        bytes[500] = (bytes[500] ?? 0) ^ 1;
        return withStdout(made, bytes);
      }),
  },
  {
    name: 'a byte of stderr missing',
    mutate: ({ behaviour: { course } }, made) =>
      // What a broken node has to say for itself, nobody knows.
      when(
        printedAll(made) && made.outcome.exitStatus === 0 && made.outcome.stderrBytes.length > 0 && !course.breaksNode,
        () => {
          const stderrBytes = made.outcome.stderrBytes.subarray(1);
          return changed(made, { stderrBytes, stderr: Buffer.from(stderrBytes).toString('utf8') });
        },
      ),
  },
  {
    name: 'bytes dropped that were not counted',
    mutate: (_call, made) =>
      when(printedAll(made) && made.outcome.stdoutDroppedBytes > 0, () =>
        changed(made, { stdoutDroppedBytes: made.outcome.stdoutDroppedBytes - 1 }),
      ),
  },
  {
    name: 'an OOM kill that is not said',
    mutate: ({ behaviour: { course } }, made) =>
      when(made.outcome.exitStatus === 0 && !course.childIsTheHog && made.seen !== null, () => ({
        ...made,
        seen: made.seen && { ...made.seen, loggedOomKills: 1 },
      })),
  },
  {
    name: 'an OOM kill that was none',
    mutate: (_call, made) =>
      when(made.reason === 'oomKilled' && made.seen !== null, () => ({
        ...made,
        seen: made.seen && { ...made.seen, loggedOomKills: 0 },
      })),
  },
  {
    name: 'CPU time that the kernel did not count',
    mutate: (_call, made) => {
      const frozen = withSamples(made, (sample, first) => ({ ...sample, cpuInS: Math.min(first.cpuInS, 0.05) }));
      if (frozen?.seen === null || frozen === null || made.outcome.cpuTime < 0.3 || made.marks.began === null) return null;
      // It ended long before the last sample's cores could have made up for it.
      return { ...frozen, seen: { ...frozen.seen, endedAtInS: 0 } };
    },
  },
  {
    name: 'memory that the kernel charged, and the peak does not show',
    mutate: ({ behaviour: { course } }, made) =>
      made.outcome.exitStatus === 0 && !course.lies ? withCharged(made, made.outcome.peakMemory + 2 ** 28) : null,
  },
  {
    name: 'a container that served another call before',
    mutate: ({ servesBefore }, made) =>
      when(made.marks.began !== null && servesBefore === 0, () => ({
        ...made,
        marks: { ...made.marks, began: made.marks.began && { ...made.marks.began, served: 1 } },
      })),
  },
];

/** Sees that memory in the midst of the call. */
function withCharged(made: Made, memInBytes: number): Made | null {
  const { began } = made.marks;
  const { seen, outcomeAtInS } = made;
  if (began === null || seen === null || outcomeAtInS - began.atInS < 1) return null;
  const atInS = began.atInS + 0.1;
  const sample: Sample = { afterInS: atInS, beforeInS: atInS, cpuInS: 0, memInBytes, oomKills: 0, pidsRefused: 0 };
  return { ...made, seen: { ...seen, samples: [sample] } };
}

/** How often each kind of wrong was tried, and not noticed. */
export type Noticed = Map<string, { tried: number; missed: number }>;

/**
 * Makes an outcome that agrees wrong in each way in turn, and looks whether that is reported.
 * @returns the names of those that were not
 */
export function tryMutations(call: DrawnCall, made: Made, judged: Judged, noticed: Noticed): string[] {
  return mutations.flatMap(({ name, mutate }) => {
    const counts = noticed.get(name) ?? { tried: 0, missed: 0 };
    noticed.set(name, counts);
    const wrong = mutate(call, made, judged);
    if (wrong === null) return [];
    counts.tried += 1;
    if (checkCall(call, wrong).problems.length > 0) return [];
    counts.missed += 1;
    return [name];
  });
}

export function formatNoticed(noticed: Noticed): string {
  const rows = [...noticed].map(([name, { tried, missed }]) => `  ${String(tried - missed).padStart(6)} of ${tried}  ${name}`);
  return ['Wrong outcomes that were noticed', ...rows].join('\n');
}
