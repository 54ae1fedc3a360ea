import * as assert from 'uvu/assert';
import type { Reason } from '../../src/call/classify.js';
import type { Outcome } from '../../src/index.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode, programOf } from '../support/machine-code.js';
import { enforceLimits } from '../support/spawned.js';

const { cases, test } = hostileSuite('hostile use of memory');
const limits = { memInMb: 64 };
const out = { exitStatus: 'MemorylimitException', phase: 'call', result: null } as const;
/** By the kernel, or by V8, which says so and aborts. */
const killed = { ...out, reason: 'oomKilled', exitCode: 137 } as const;
const gaveUp = { ...out, reason: 'heapExhausted', exitCode: 134 } as const;
/** Beside the heap, V8 needs memory for its work on it: which of the two limits is met first is a matter of kilobytes. */
const byEither = endingBy({ oomKilled: 137, heapExhausted: 134 });
/** Node ends a worker whose heap is full, with an error. */
const byAny = endingBy({ oomKilled: 137, heapExhausted: 134, allocationRefused: 0 });
const noSpace = { exitStatus: 'SubprocessException', osErrno: 28 } as const;

cases({
  'buffers meet the limit': {
    limits,
    call: guest('memory/keeps-buffers'),
    expected: killed,
    check: ({ peakMemory }) => assert.ok(peakMemory <= 64 * 2 ** 20, `${peakMemory}`),
  },
  'strings meet the limit': { limits, call: guest('memory/keeps-strings'), expected: gaveUp },
  'strings outside of the heap meet the limit': { limits, call: guest('memory/keeps-strings-off-heap'), expected: killed },
  'WebAssembly meets the limit': { limits, call: guest('memory/grows-wasm'), expected: killed },
  'one array meets the limit': { limits, call: () => new Array(2 ** 27).fill(0).length, ...byEither },
  'a map meets the limit': { limits, call: guest('memory/keeps-map'), ...byEither },
  'a buffer of 2^40 is refused': {
    limits,
    call: () => new ArrayBuffer(2 ** 40).byteLength,
    expected: { ...out, reason: 'allocationRefused', exitCode: 0 },
  },
  'shared memory meets the limit': {
    limits,
    call: () => new Uint8Array(new SharedArrayBuffer(2 ** 28)).fill(1).length,
    expected: killed,
  },
  'a stack that overflows is an error of the function': {
    limits,
    call: guest('memory/overflows-stack'),
    expected: { exitStatus: 'AnythingException', exitCode: 0, message: /RangeError: Maximum call stack size exceeded/ },
  },
  '/tmp has its size': {
    limits: { scratchInMb: 8 },
    call: guest('memory/fills-scratch'),
    args: ['/tmp/file'],
    expected: noSpace,
  },
  '/dev/shm has its size': {
    limits: { scratchInMb: 8 },
    call: guest('memory/fills-scratch'),
    args: ['/dev/shm/file'],
    expected: noSpace,
  },
  '/app has its size': { call: guest('memory/fills-scratch'), args: ['/app/file'], expected: noSpace },
  '/tmp beyond the memory limit meets that': {
    limits: { memInMb: 48, scratchInMb: 1000 },
    call: guest('memory/fills-scratch'),
    args: ['/tmp/file'],
    expected: killed,
  },
  'empty files meet the limit': { limits: { memInMb: 48 }, call: guest('memory/makes-empty-files'), expected: killed },
  'a child that is killed for it leaves a parent that returns': {
    limits: { memInMb: 100 },
    call: guest('memory/child-eats'),
    expected: { exitStatus: 0, result: 'SIGKILL' },
  },
  'children share one limit': {
    limits: { memInMb: 200, numProcesses: 150 },
    call: guest('memory/children-share-limit'),
    expected: { exitStatus: 0, result: ['SIGKILL'] },
  },
  "a worker's heap meets the limit": { limits: { memInMb: 100 }, call: guest('memory/worker-eats'), ...byAny },
  'a parser of brackets in brackets meets the limit': { limits, call: () => JSON.parse('['.repeat(1e7)), ...byEither },
  'a parser of many small objects meets the limit': {
    limits,
    call: () => JSON.parse(`[${'{},'.repeat(5e6)}0]`).length,
    ...byEither,
  },
  'a program too large to compile meets the limit': {
    limits,
    call: () => new Function(`return [${'()=>1,'.repeat(5e6)}]`)().length,
    ...byEither,
  },
  'a zip bomb meets the limit': { limits, call: guest('memory/inflates'), expected: killed },
  'the score that the kernel kills by can be raised alone': {
    call: guest('memory/protects-itself'),
    expected: { exitStatus: 0, result: ['500', 'EACCES'] },
  },
  'memory at load meets the limit': { limits, call: guest('memory/eats-at-load'), expected: { ...killed, phase: 'load' } },
  'memory taken in the grace period is the first limit met': {
    limits: { ...limits, wallTimeInS: 2, gracePeriodInS: 20 },
    call: guest('memory/eats-after-notice'),
    expected: { exitStatus: 'TimeoutException', exitCode: 137 },
  },
});

/** mov rdi, rax; again: mov byte [rdi], 1; add rdi, 4096; jmp again */
const touchForEver = { code: [0x48, 0x89, 0xc7, 0xc6, 0x07, 0x01, 0x48, 0x81, 0xc7, 0x00, 0x10, 0, 0, 0xeb, 0xf4] };
const [mmap, readAndWrite, privateAnonymousWithoutReserve] = [9, 3, 0x4022];
if (noMachineCode === null) {
  cases({
    'mmap of a tebibyte, touched page by page, meets the limit': {
      limits,
      call: guest('native/run-programs'),
      args: [
        {
          mmap: programOf(
            { number: mmap, args: [0, 2 ** 40, readAndWrite, privateAnonymousWithoutReserve, -1, 0] },
            touchForEver,
          ),
        },
      ],
      expected: { exitStatus: 0, result: { mmap: { status: null, signal: 'SIGKILL' } } },
    },
  });
} else test.skip('mmap', noMachineCode);

test('twenty calls that eat memory at once, each in its own bounds, and a small one among them', async () => {
  const hog = enforceLimits({ memInMb: 64, wallTimeInS: 60 })(() => {
    for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));
  });
  const innocent = enforceLimits({ memInMb: 64, wallTimeInS: 60 })((text: string) => text.length);
  // Half of them before it, half of them behind it.
  const hogs = Array.from({ length: 10 }, () => hog.run());
  const small = innocent.run('small');
  hogs.push(...Array.from({ length: 10 }, () => hog.run()));
  const outcomes = await Promise.all(hogs);
  const { exitStatus, result, peakMemory } = await small;
  assert.equal([exitStatus, result], [0, 5]);
  assert.ok(peakMemory < 64 * 2 ** 20, `${peakMemory}`);
  assert.equal(
    outcomes.map(({ exitStatus, exitCode }) => [exitStatus, exitCode]),
    Array(20).fill(['MemorylimitException', 137]),
  );
});

/** Of these reasons, each with its exit code. */
function endingBy(exitCodes: { readonly [reason in Reason]?: number }) {
  return {
    expected: out,
    check({ exitCode }: Outcome, reason: Reason) {
      assert.ok(reason in exitCodes, reason);
      assert.is(exitCode, exitCodes[reason], reason);
    },
  };
}
