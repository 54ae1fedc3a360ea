import * as assert from 'uvu/assert';
import { classify, type Reason } from '../../src/call/classify.js';
import type { Evidence } from '../../src/call/evidence.js';
import type { SandboxExit } from '../../src/call/sandbox.js';
import type { ExceptionName } from '../../src/exceptions.js';
import type { End } from '../../src/wire/protocol.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('classify');
const MB = 2 ** 20;

const nothing: Evidence = {
  stop: null,
  fault: null,
  phase: 'call',
  end: null,
  thrown: null,
  exit: null,
  exactMeter: true,
  cpuInS: 0.1,
  peakInBytes: 20 * MB,
  oomKills: 0,
  pidsRefused: 0,
  v8OutOfMemory: false,
  limits: { memInBytes: 128 * MB, cpuTimeInS: 1, wallTimeInS: 2, gracePeriodInS: 0 },
};
const exited = (exitCode: number, oomKilled: boolean | null = false): SandboxExit => ({ kind: 'exited', exitCode, oomKilled });
const lost: SandboxExit = { kind: 'lost', reason: 'the engine closed the connection' };
const returned: End = { status: 'returned', durationInS: 0.5, valueInBytes: 8 };
const threw: End = { status: 'threw', phase: 'call', durationInS: 0.5, valueInBytes: 8, exits: false };
const exiting = (exitCode: number): End => ({ status: 'exiting', phase: 'call', durationInS: 0.5, exitCode });
const ordinary = { errno: null, allocationRefused: false };
const grace = { ...nothing.limits, gracePeriodInS: 1 };

interface Row {
  what: string;
  seen: Partial<Evidence>;
  exitStatus: 0 | ExceptionName;
  reason: Reason;
  osErrno?: number;
  signal?: NodeJS.Signals;
}

const table: Row[] = [
  { what: 'a value', seen: { end: returned, exit: exited(0) }, exitStatus: 0, reason: 'returned' },
  {
    what: 'a value within the grace period',
    seen: { end: { ...returned, durationInS: 2.5 }, exit: exited(0), stop: { kind: 'wallTime', killed: false }, limits: grace },
    exitStatus: 0,
    reason: 'returned',
  },
  {
    what: 'a value that came after the kill',
    seen: { end: returned, exit: exited(137), stop: { kind: 'wallTime', killed: true } },
    exitStatus: 'TimeoutException',
    reason: 'wallTime',
  },
  {
    what: 'a value later than the limit, while this program was busy',
    seen: { end: { ...returned, durationInS: 2.4 }, exit: exited(0) },
    exitStatus: 'TimeoutException',
    reason: 'wallTime',
  },
  {
    what: 'a value, with more CPU time than allowed by the final numbers',
    seen: { end: returned, exit: exited(0), cpuInS: 1.02 },
    exitStatus: 'CpuTimeoutException',
    reason: 'cpuTime',
  },
  {
    what: 'the same within the grace period',
    seen: { end: returned, exit: exited(0), cpuInS: 1.02, limits: grace },
    exitStatus: 0,
    reason: 'returned',
  },
  {
    what: 'a value, although a child was OOM-killed',
    seen: { end: returned, exit: exited(0, true), oomKills: 1 },
    exitStatus: 0,
    reason: 'returned',
  },
  {
    what: 'a value, although a process was refused',
    seen: { end: returned, exit: exited(0), pidsRefused: 1 },
    exitStatus: 0,
    reason: 'returned',
  },
  {
    what: 'a value that cannot be decoded',
    seen: { end: returned, exit: exited(0), fault: { kind: 'value', message: 'x' } },
    exitStatus: 'PynisherError',
    reason: 'fault',
  },
  {
    what: 'killed for wall time',
    seen: { exit: exited(137), stop: { kind: 'wallTime', killed: true } },
    exitStatus: 'TimeoutException',
    reason: 'wallTime',
    signal: 'SIGKILL',
  },
  {
    what: 'killed for CPU time',
    seen: { exit: exited(137), stop: { kind: 'cpuTime', killed: true } },
    exitStatus: 'CpuTimeoutException',
    reason: 'cpuTime',
    signal: 'SIGKILL',
  },
  {
    what: 'a wall limit, and the engine gone afterwards',
    seen: { exit: lost, stop: { kind: 'wallTime', killed: true } },
    exitStatus: 'TimeoutException',
    reason: 'wallTime',
  },
  {
    what: 'a wall limit, and an OOM kill after it was noted',
    seen: { exit: exited(137, true), stop: { kind: 'wallTime', killed: true }, oomKills: 1 },
    exitStatus: 'TimeoutException',
    reason: 'wallTime',
    signal: 'SIGKILL',
  },
  {
    what: 'rejected with the abort reason',
    seen: { end: threw, thrown: ordinary, exit: exited(0), stop: { kind: 'cpuTime', killed: false }, limits: grace },
    exitStatus: 'CpuTimeoutException',
    reason: 'cpuTime',
  },
  {
    what: 'aborted by the caller',
    seen: { exit: exited(137), stop: { kind: 'abort', killed: true } },
    exitStatus: 'SignalException',
    reason: 'abort',
    signal: 'SIGTERM',
  },
  {
    what: 'the CPU backstop of the kernel',
    seen: { exit: exited(152), exactMeter: false },
    exitStatus: 'CpuTimeoutException',
    reason: 'cpuTime',
    signal: 'SIGXCPU',
  },
  {
    what: 'SIGXCPU that the function sent itself',
    seen: { exit: exited(152) },
    exitStatus: 'SignalException',
    reason: 'signal',
    signal: 'SIGXCPU',
  },
  {
    what: 'SIGXCPU without a CPU limit',
    seen: { exit: exited(152), limits: { ...nothing.limits, cpuTimeInS: null } },
    exitStatus: 'SignalException',
    reason: 'signal',
    signal: 'SIGXCPU',
  },
  {
    what: 'died with the CPU time used up',
    seen: { exit: exited(137), cpuInS: 1.001 },
    exitStatus: 'CpuTimeoutException',
    reason: 'cpuTime',
    signal: 'SIGKILL',
  },
  {
    what: 'OOM-killed, by the flag',
    seen: { exit: exited(137, true) },
    exitStatus: 'MemorylimitException',
    reason: 'oomKilled',
    signal: 'SIGKILL',
  },
  {
    what: 'OOM-killed, by the counter',
    seen: { exit: exited(137), oomKills: 1 },
    exitStatus: 'MemorylimitException',
    reason: 'oomKilled',
    signal: 'SIGKILL',
  },
  {
    what: 'OOM-killed, by the peak alone',
    seen: { exit: exited(137, null), peakInBytes: 127.9 * MB },
    exitStatus: 'MemorylimitException',
    reason: 'memoryPeak',
    signal: 'SIGKILL',
  },
  {
    what: 'killed by itself or somebody at the limit, where the OOM killer is known not to have struck',
    seen: { exit: exited(137), peakInBytes: 128 * MB },
    exitStatus: 'AnythingException',
    reason: 'killed',
    signal: 'SIGKILL',
  },
  {
    what: 'threw because a child was OOM-killed',
    seen: { end: threw, thrown: ordinary, exit: exited(0, true), oomKills: 1 },
    exitStatus: 'MemorylimitException',
    reason: 'oomKilled',
  },
  {
    what: "V8's heap exhausted",
    seen: { exit: exited(134), v8OutOfMemory: true, peakInBytes: 110 * MB },
    exitStatus: 'MemorylimitException',
    reason: 'heapExhausted',
    signal: 'SIGABRT',
  },
  {
    what: 'abort() without that message',
    seen: { exit: exited(134) },
    exitStatus: 'SignalException',
    reason: 'signal',
    signal: 'SIGABRT',
  },
  {
    what: 'that message, and a signal that V8 does not end with',
    seen: { exit: exited(143), v8OutOfMemory: true },
    exitStatus: 'SignalException',
    reason: 'signal',
    signal: 'SIGTERM',
  },
  {
    what: 'that message, and a value',
    seen: { end: returned, exit: exited(0), v8OutOfMemory: true },
    exitStatus: 0,
    reason: 'returned',
  },
  {
    what: 'an allocation refused',
    seen: { end: threw, thrown: { errno: null, allocationRefused: true }, exit: exited(0) },
    exitStatus: 'MemorylimitException',
    reason: 'allocationRefused',
  },
  {
    what: 'the engine cannot start it in so little memory',
    seen: { phase: 'boot', fault: { kind: 'memory', message: 'x' } },
    exitStatus: 'MemorylimitException',
    reason: 'startMemory',
  },
  {
    what: 'the engine has no memory to start it, and the call no limit',
    seen: { phase: 'boot', fault: { kind: 'memory', message: 'x' }, limits: { ...nothing.limits, memInBytes: null } },
    exitStatus: 'PynisherError',
    reason: 'fault',
  },
  {
    what: 'ENOENT',
    seen: { end: threw, thrown: { errno: 2, allocationRefused: false }, exit: exited(0) },
    exitStatus: 'SubprocessException',
    reason: 'osError',
    osErrno: 2,
  },
  {
    what: 'EAGAIN of a process too many',
    seen: { end: threw, thrown: { errno: 11, allocationRefused: false }, exit: exited(0), pidsRefused: 1 },
    exitStatus: 'SubprocessException',
    reason: 'osError',
    osErrno: 11,
  },
  {
    what: 'an error of its own after a process was refused',
    seen: { end: threw, thrown: ordinary, exit: exited(0), pidsRefused: 3 },
    exitStatus: 'SubprocessException',
    reason: 'pidsRefused',
    osErrno: 11,
  },
  { what: 'threw', seen: { end: threw, thrown: ordinary, exit: exited(0) }, exitStatus: 'AnythingException', reason: 'threw' },
  {
    what: 'threw at load',
    seen: { phase: 'load', end: { ...threw, phase: 'load' }, thrown: ordinary, exit: exited(1) },
    exitStatus: 'AnythingException',
    reason: 'threw',
  },
  { what: 'process.exit(3)', seen: { end: exiting(3), exit: exited(3) }, exitStatus: 'AnythingException', reason: 'exited' },
  {
    what: 'process.exit(137) is no SIGKILL',
    seen: { end: exiting(137), exit: exited(137), peakInBytes: 128 * MB },
    exitStatus: 'AnythingException',
    reason: 'exited',
  },
  {
    what: 'process.exit(143) is no SIGTERM',
    seen: { end: exiting(143), exit: exited(143) },
    exitStatus: 'AnythingException',
    reason: 'exited',
  },
  {
    what: 'a promise that never settles',
    seen: { end: { status: 'neverSettles', phase: 'call', durationInS: 0.1 }, exit: exited(0) },
    exitStatus: 'AnythingException',
    reason: 'neverSettles',
  },
  {
    what: 'no such export',
    seen: { phase: 'load', end: { status: 'noSuchExport', exports: [], foundType: 'undefined' }, exit: exited(0) },
    exitStatus: 'AnythingException',
    reason: 'noSuchExport',
  },
  {
    what: 'cannot be packed',
    seen: { phase: 'boot', fault: { kind: 'pack', message: 'x' } },
    exitStatus: 'AnythingException',
    reason: 'packing',
  },
  {
    what: 'a result that cannot be carried',
    seen: { end: { status: 'uncarriable', durationInS: 0.1, path: 'result.f', problem: 'is a function' }, exit: exited(0) },
    exitStatus: 'PynisherError',
    reason: 'uncarriable',
  },
  {
    what: 'a result too large',
    seen: { end: { status: 'tooLarge', durationInS: 0.1, valueInBytes: 1e9 }, exit: exited(0) },
    exitStatus: 'PynisherError',
    reason: 'tooLarge',
  },
  {
    what: 'no engine',
    seen: { phase: 'boot', fault: { kind: 'engine', message: 'x' } },
    exitStatus: 'PynisherError',
    reason: 'fault',
  },
  {
    what: 'a forged frame',
    seen: { fault: { kind: 'protocol', message: 'x' }, exit: exited(137) },
    exitStatus: 'PynisherError',
    reason: 'fault',
    signal: 'SIGKILL',
  },
  {
    what: 'a forged frame from a container that was OOM-killed',
    seen: { fault: { kind: 'protocol', message: 'x' }, exit: exited(137, true) },
    exitStatus: 'MemorylimitException',
    reason: 'oomKilled',
    signal: 'SIGKILL',
  },
  { what: 'the engine went away', seen: { exit: lost }, exitStatus: 'PynisherError', reason: 'lost' },
  {
    what: 'a runner that never came up',
    seen: { phase: 'boot', exit: exited(127) },
    exitStatus: 'PynisherError',
    reason: 'noStart',
  },
  {
    what: 'SIGTERM from outside',
    seen: { exit: exited(143) },
    exitStatus: 'SignalException',
    reason: 'signal',
    signal: 'SIGTERM',
  },
  {
    what: 'a segmentation fault',
    seen: { exit: exited(139) },
    exitStatus: 'SignalException',
    reason: 'signal',
    signal: 'SIGSEGV',
  },
  {
    what: 'SIGKILL that was not ours',
    seen: { exit: exited(137) },
    exitStatus: 'AnythingException',
    reason: 'killed',
    signal: 'SIGKILL',
  },
  { what: 'an end without a word', seen: { exit: exited(7) }, exitStatus: 'AnythingException', reason: 'exited' },
];

for (const { what, seen, exitStatus, reason, osErrno = null, signal = null } of table) {
  test(`${what}: ${exitStatus}`, () => {
    assert.equal(classify({ ...nothing, ...seen }), { exitStatus, reason, osErrno, signal });
  });
}

const anyEnd: fc.Arbitrary<End | null> = fc.oneof(
  fc.constant(null),
  fc.record({
    status: fc.constant('returned' as const),
    durationInS: fc.double({ min: 0, max: 10, noNaN: true }),
    valueInBytes: fc.nat(),
  }),
  fc.record({
    status: fc.constant('exiting' as const),
    phase: fc.constantFrom('load' as const, 'call' as const),
    durationInS: fc.double({ min: 0, max: 10, noNaN: true }),
    exitCode: fc.nat(255),
  }),
  fc.constant(threw),
);
const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  stop: fc.option(
    fc.record({ kind: fc.constantFrom('wallTime' as const, 'cpuTime' as const, 'abort' as const), killed: fc.boolean() }),
  ),
  fault: fc.option(
    fc.record({
      kind: fc.constantFrom('engine' as const, 'memory' as const, 'protocol' as const, 'value' as const, 'pack' as const),
      message: fc.string(),
    }),
  ),
  phase: fc.constantFrom('boot' as const, 'load' as const, 'call' as const),
  end: anyEnd,
  thrown: fc.option(fc.record({ errno: fc.option(fc.integer({ min: 1, max: 133 })), allocationRefused: fc.boolean() })),
  exit: fc.oneof(
    fc.constant(null),
    fc.constant(lost),
    fc.record({ kind: fc.constant('exited' as const), exitCode: fc.nat(255), oomKilled: fc.option(fc.boolean()) }),
  ),
  exactMeter: fc.boolean(),
  cpuInS: fc.double({ min: 0, max: 5, noNaN: true }),
  peakInBytes: fc.nat(256 * MB),
  oomKills: fc.nat(2),
  pidsRefused: fc.nat(2),
  v8OutOfMemory: fc.boolean(),
  limits: fc.record({
    memInBytes: fc.option(fc.integer({ min: 1, max: 256 * MB })),
    cpuTimeInS: fc.option(fc.double({ min: 0.01, max: 5, noNaN: true })),
    wallTimeInS: fc.option(fc.double({ min: 0.01, max: 5, noNaN: true })),
    gracePeriodInS: fc.double({ min: 0, max: 5, noNaN: true }),
  }),
});

test('the runner could not go on: PynisherError', () => {
  const end: End = { status: 'failed', problem: 'no room' };
  assert.is(classify({ ...nothing, phase: 'boot', end, exit: exited(0) }).reason, 'runnerFailed');
  assert.is(classify({ ...nothing, phase: 'boot', end, exit: exited(0, true) }).reason, 'oomKilled');
});

test('success takes a value, no fault, and no kill of ours', () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const { exitStatus } = classify(evidence);
      if (exitStatus !== 0) return;
      assert.is(evidence.end?.status, 'returned');
      assert.is(evidence.fault, null);
      assert.is(evidence.stop?.killed ?? false, false);
    }),
  );
});

test('what the container says never overrides a limit that was noted and acted on', () => {
  const expected = { wallTime: 'TimeoutException', cpuTime: 'CpuTimeoutException', abort: 'SignalException' } as const;
  fc.assert(
    fc.property(anyEvidence, fc.constantFrom('wallTime' as const, 'cpuTime' as const, 'abort' as const), (evidence, kind) => {
      assert.is(classify({ ...evidence, stop: { kind, killed: true } }).exitStatus, expected[kind]);
    }),
  );
});

test('an errno comes with SubprocessException, and with nothing else', () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const { exitStatus, osErrno } = classify(evidence);
      assert.is(osErrno !== null, exitStatus === 'SubprocessException');
    }),
  );
});
