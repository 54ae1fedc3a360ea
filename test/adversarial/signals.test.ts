import { constants } from 'node:os';
import { type Case, guest, hostileSuite } from '../support/hostile-suite.js';

const { cases, test } = hostileSuite('exits by a signal');

/** What each signal does to a process that does not listen. */
const ending =
  'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGSEGV SIGUSR2 SIGALRM SIGTERM SIGSTKFLT SIGXCPU SIGVTALRM SIGPROF SIGIO SIGPWR SIGSYS'.split(
    ' ',
  ) as NodeJS.Signals[];
/** Node ignores SIGPIPE and SIGXFSZ, and opens its inspector at SIGUSR1. */
const harmless = 'SIGUSR1 SIGPIPE SIGCHLD SIGCONT SIGURG SIGXFSZ SIGWINCH'.split(' ') as NodeJS.Signals[];

const stopping = ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const;

const signalItself = async (signal: number) => {
  process.kill(process.pid, signal);
  return await new Promise((resolve) => setTimeout(resolve, 500, 'alive'));
};
const numberOf = (signal: NodeJS.Signals) => constants.signals[signal];
cases({
  ...Object.fromEntries(
    ending.map((signal): [string, Case] => [
      `${signal} to itself is that signal`,
      {
        call: signalItself,
        args: [numberOf(signal)],
        expected: { exitStatus: 'SignalException', signal, exitCode: 128 + numberOf(signal), phase: 'call' },
      },
    ]),
  ),
  ...Object.fromEntries(
    harmless.map((signal): [string, Case] => [
      `${signal} to itself does nothing`,
      { call: signalItself, args: [numberOf(signal)], expected: { exitStatus: 0, result: 'alive', signal: null } },
    ]),
  ),
  ...Object.fromEntries(
    [34, 49, 64].map((number): [string, Case] => [
      `the real-time signal ${number} to itself is an exit with 128 and that`,
      {
        call: signalItself,
        args: [number],
        expected: { exitStatus: 'AnythingException', exitCode: 128 + number, signal: null },
      },
    ]),
  ),
  'SIGKILL to itself is not the memory limit': {
    call: signalItself,
    args: [numberOf('SIGKILL')],
    expected: { exitStatus: 'AnythingException', signal: 'SIGKILL', exitCode: 137 },
  },
  ...Object.fromEntries(
    stopping.map((signal): [string, Case] => [
      `${signal} to itself meets the wall limit`,
      {
        limits: { wallTimeInS: 2 },
        call: signalItself,
        args: [numberOf(signal)],
        expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' },
      },
    ]),
  ),
  'SIGXCPU to itself is no CPU limit': {
    limits: { cpuTimeInS: 10 },
    call: signalItself,
    args: [numberOf('SIGXCPU')],
    expected: { exitStatus: 'SignalException', signal: 'SIGXCPU', exitCode: 152 },
  },
  'SIGALRM to itself is no wall limit': {
    limits: { wallTimeInS: 30 },
    call: signalItself,
    args: [numberOf('SIGALRM')],
    expected: { exitStatus: 'SignalException', signal: 'SIGALRM', exitCode: 142 },
  },
  'abort is SIGABRT': {
    call: () => process.abort(),
    expected: { exitStatus: 'SignalException', signal: 'SIGABRT', exitCode: 134 },
  },
});

const overwritten = (instruction: number, signal: NodeJS.Signals): Case => ({
  call: guest('exits/overwrites-own-code'),
  args: [instruction],
  expected: { exitStatus: 'SignalException', signal, exitCode: 128 + numberOf(signal), phase: 'call' },
});
if (process.arch === 'x64') {
  cases({ 'a segmentation fault is SIGSEGV': overwritten(0xf4, 'SIGSEGV'), 'a trap is SIGTRAP': overwritten(0xcc, 'SIGTRAP') });
} else test.skip('faults of the processor', `the instructions are those of x64, not of ${process.arch}`);
