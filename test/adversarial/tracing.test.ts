import { constants } from 'node:os';
import * as assert from 'uvu/assert';
import type { Outcome } from '../../src/index.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode, programOf } from '../support/machine-code.js';
import { patience } from '../support/patience.js';
import { enforceLimits } from '../support/spawned.js';

// Docker's seccomp profile allows ptrace from Linux 4.8 on, Yama where it is there not for a parent: then the call's processes are at
// the mercy of each other, and what was observed about limits must hold all the same.
const { test, before } = hostileSuite('processes that trace the runner and the init');

const { EPERM } = constants.errno;
const [ptrace, pause, ATTACH, SEIZE, EXIT_KILL] = [101, 34, 16, 0x4206, 0x10_0000];
const INIT = 1;
/** Its parent, which is the runner. mov eax, 110 (getppid); syscall; mov rsi, rax; mov r10d, OPTIONS */
const parent = (options = 0) => ({
  code: [0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0x48, 0x89, 0xc6, 0x41, 0xba, ...new Uint8Array(Uint32Array.of(options).buffer)],
});
const toParent = (request: number) => ({ number: ptrace, args: [request] });
const toInit = (request: number, options = 0) => ({ number: ptrace, args: [request, INIT, 0, options] });

let isAllowed = false;
const tracing = async (wallTimeInS: number, program: Uint8Array): Promise<Outcome & { closingInS: number }> => {
  const limited = enforceLimits({ wallTimeInS, memInMb: 128 })(guest('native/outlives-program'));
  const outcome = await limited.run(program);
  const since = performance.now();
  await limited.close();
  return { ...outcome, closingInS: (performance.now() - since) / 1000 };
};
/** What becomes of a call whose child was not allowed to trace anybody. */
const refused = [0, `ended with ${EPERM}`, 0, null];
const endOf = ({ exitStatus, result, exitCode, signal }: Outcome) => [exitStatus, result, exitCode, signal];

if (noMachineCode === null) {
  before(async () => {
    const programs = {
      attachedInit: programOf(toInit(ATTACH)),
      seizedInit: programOf(toInit(SEIZE)),
      seizedRunner: programOf(parent(), toParent(SEIZE)),
    };
    const ends = (await enforceLimits({ wallTimeInS: 60 })(guest('native/run-programs')).run(programs)).unwrap();
    const end = { status: (ends as { attachedInit: { status: number } }).attachedInit.status, signal: null };
    // All of them are, or none.
    assert.equal(ends, { attachedInit: end, seizedInit: end, seizedRunner: end });
    assert.ok(end.status === 0 || end.status === EPERM, `errno ${end.status}`);
    isAllowed = end.status === 0;
  });
  test('a runner that is held by its tracer is stopped at its limit', async () => {
    const outcome = await tracing(4, programOf(parent(), toParent(ATTACH), { number: pause }));
    assert.equal(endOf(outcome), isAllowed ? ['TimeoutException', null, 137, 'SIGKILL'] : refused);
  });
  test('a runner that is killed with its tracer is killed by no limit', async () => {
    const outcome = await tracing(30, programOf(parent(EXIT_KILL), toParent(SEIZE)));
    assert.equal(endOf(outcome), isAllowed ? ['AnythingException', null, 137, 'SIGKILL'] : refused);
  });
  test('an init that is held by its tracer keeps neither the value nor the end', async () => {
    const { closingInS, ...outcome } = await tracing(30, programOf(toInit(ATTACH), { number: pause }));
    assert.equal(endOf(outcome), isAllowed ? [0, 'goes on', 0, null] : refused);
    // It does not see the runner exit, and is killed five seconds later.
    assert.ok(closingInS < 5 + 5 * patience, `${closingInS} s`);
  });
  test('an init that is killed with its tracer takes the call with it', async () => {
    const outcome = await tracing(30, programOf(toInit(SEIZE, EXIT_KILL)));
    assert.equal(endOf(outcome), isAllowed ? ['AnythingException', null, 137, 'SIGKILL'] : refused);
  });
} else test.skip('tracing', noMachineCode);
