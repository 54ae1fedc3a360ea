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
  'zombies count, and end with the call': {
    limits: { memInMb: 512 },
    call: guest('processes/leaves-zombies'),
    args: [20],
    expected: { exitStatus: 0, result: 20 },
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
if (noMachineCode === null) {
  cases({ 'a fork bomb of six instructions is stopped': nativeBomb(57), 'one of vfork is stopped': nativeBomb(58) });
} else test.skip('fork bombs of machine code', noMachineCode);
