import { guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode, programOf } from '../support/machine-code.js';

const { cases, test } = hostileSuite('hostile processes');
const terminated = { exitStatus: 'SignalException', signal: 'SIGTERM', exitCode: 143, phase: 'call' } as const;

cases({
  'a fork bomb is stopped': {
    limits: { numProcesses: 40, wallTimeInS: 2.5 },
    call: guest('processes/fork-bomb'),
    expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' },
  },
  'a daemon that prints on keeps nobody from the value': {
    call: guest('processes/leaves-printing-grandchild'),
    expected: { exitStatus: 0, result: 'left', exitCode: 0 },
  },
  'a child that ends by no signal ends with the call': {
    call: guest('processes/leaves-stubborn-child'),
    expected: { exitStatus: 0, result: 'left', exitCode: 0 },
  },
  'orphans are waited for by the init': {
    limits: { numProcesses: 40, memInMb: 512 },
    call: guest('processes/orphans'),
    args: [10],
    expected: { exitStatus: 0, result: 0 },
  },
  'more workers than tasks are refused': {
    limits: { numProcesses: 10, memInMb: 512 },
    call: guest('processes/floods-workers'),
    args: [20],
    expected: { exitStatus: 'SubprocessException', osErrno: 11 },
  },
  'SIGTERM to its group ends it': { call: guest('processes/signals-all'), args: [0, 'SIGTERM'], expected: terminated },
  'SIGTERM to all there is ends it': { call: guest('processes/child-signals-all'), args: ['SIGTERM'], expected: terminated },
  'SIGKILL to all there is is not the memory limit': {
    call: guest('processes/child-signals-all'),
    args: ['SIGKILL'],
    expected: { exitStatus: 'AnythingException', signal: 'SIGKILL', exitCode: 137 },
  },
  'SIGKILL to all where there is nobody else is an operating-system error': {
    call: guest('processes/signals-all'),
    args: [-1, 'SIGKILL'],
    expected: { exitStatus: 'SubprocessException', osErrno: 3 },
  },
  'SIGKILL to the init is not heard': {
    call: guest('processes/signals-all'),
    args: [1, 'SIGKILL'],
    expected: { exitStatus: 0, result: 'alive' },
  },
  'SIGSTOP to the init is not heard': {
    call: guest('processes/signals-all'),
    args: [1, 'SIGSTOP'],
    expected: { exitStatus: 0, result: 'alive' },
  },
  'SIGTERM to the init is passed on': { call: guest('processes/signals-all'), args: [1, 'SIGTERM'], expected: terminated },
  'a signal to nobody is an operating-system error': {
    call: guest('processes/signals-all'),
    args: [2 ** 22 - 1, 'SIGKILL'],
    expected: { exitStatus: 'SubprocessException', osErrno: 3 },
  },
  'SIGKILL from its child is not the memory limit': {
    call: guest('processes/killed-by-child'),
    args: ['SIGKILL'],
    expected: { exitStatus: 'AnythingException', signal: 'SIGKILL', exitCode: 137 },
  },
  'SIGTERM from its child ends it': { call: guest('processes/killed-by-child'), args: ['SIGTERM'], expected: terminated },
  'SIGSTOP from its child is no way out': {
    limits: { wallTimeInS: 2 },
    call: guest('processes/killed-by-child'),
    args: ['SIGSTOP'],
    expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' },
  },
  'there is nobody else to see': {
    call: guest('processes/counts-processes'),
    expected: { exitStatus: 0, result: ['docker-init', 'node'] },
  },
});

/** again: mov eax, NUMBER; syscall; jmp again */
const forEver = (number: number) => ({ code: [0xb8, number, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] });
const nativeBomb = (number: number) => ({
  limits: { numProcesses: 40, wallTimeInS: 2.5 },
  call: guest('native/run-programs'),
  args: [{ bomb: programOf(forEver(number)) }],
  expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' } as const,
});
/** mov edi, 0x50f00 (CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM: a thread); xor esi, esi */
const asThread = { code: [0xbf, 0x00, 0x0f, 0x05, 0x00, 0x31, 0xf6] };
/**
 * Starts threads that wait, until one is refused, and exits with the number of those that were not:
 * xor ebx, ebx; again: mov eax, 56 (clone); syscall; test eax, eax; jz thread; js refused; inc ebx; jmp again;
 * refused: mov edi, ebx; mov eax, 231 (exit_group); syscall; thread: mov eax, 34 (pause); syscall; jmp thread
 */
const countThreads = {
  code: [
    ...[0x31, 0xdb, 0xb8, 56, 0, 0, 0, 0x0f, 0x05, 0x85, 0xc0, 0x74, 0x0f, 0x78, 0x04, 0xff, 0xc3, 0xeb, 0xef],
    ...[0x89, 0xdf, 0xb8, 231, 0, 0, 0, 0x0f, 0x05, 0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7],
  ],
};
if (noMachineCode === null) {
  cases({
    'a fork bomb of six instructions is stopped': nativeBomb(57),
    'one of vfork is stopped': nativeBomb(58),
    'one of threads is stopped': { ...nativeBomb(56), args: [{ bomb: programOf(asThread, forEver(56)) }] },
    // Its own process, the child, and the child's threads.
    'there are as many threads as numProcesses says, and not one more': {
      limits: { numProcesses: 40 },
      call: guest('native/run-programs'),
      args: [{ threads: programOf(asThread, countThreads) }],
      expected: { exitStatus: 0, result: { threads: { status: 38, signal: null } } },
    },
    'zombies count, and end with the call': {
      limits: { numProcesses: 30 },
      call: guest('processes/fills-with-zombies'),
      args: [programOf()],
      expected: { exitStatus: 0, result: { zombies: 29, isOneMoreStarted: false } },
    },
  });
} else test.skip('bombs and zombies of machine code', noMachineCode);
