/**
 * What only the function's own process can know, it can pretend (docs/outcomes.md, order of precedence): the memory limit as V8 tells of it,
 * and errors. It gets what the real thing would, and no more; half a pretence is none.
 */
import { guest, hostileSuite } from '../support/hostile-suite.js';

const { cases } = hostileSuite('pretended limits');

const words = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n';
const saysAnd = (end: 'aborts' | 'returns' | 'exits' | 'throws') => ({
  call: guest('exits/says-and'),
  args: [words, end],
});
const throws = (shape: { readonly [key: string]: unknown }) => ({
  call: ({ type, message, ...more }: { readonly [key: string]: unknown }) => {
    throw Object.assign(type === 'RangeError' ? new RangeError(String(message)) : new Error(String(message)), more);
  },
  args: [shape],
});
const any = { exitStatus: 'AnythingException', result: null } as const;
const memory = { exitStatus: 'MemorylimitException', result: null } as const;
const heap = { ...memory, reason: 'heapExhausted', exitCode: 134, signal: 'SIGABRT' } as const;

cases({
  "V8's words and an abort are a full heap": { ...saysAnd('aborts'), limits: { memInMb: 64 }, expected: heap },
  'without a limit on memory, too: V8 has one of its own': { ...saysAnd('aborts'), expected: heap },
  "V8's words and a value are a value": {
    ...saysAnd('returns'),
    limits: { memInMb: 64 },
    expected: { exitStatus: 0, result: 7 },
  },
  "V8's words and an exit that looks like an abort are an exit": {
    ...saysAnd('exits'),
    limits: { memInMb: 64 },
    expected: { ...any, reason: 'exited', exitCode: 134, signal: null },
  },
  "V8's words in an error are that error": {
    ...saysAnd('throws'),
    limits: { memInMb: 64 },
    expected: { ...any, reason: 'threw', message: /heap out of memory/ },
  },
  'the error of an allocation that is refused is a refused allocation': {
    ...throws({ type: 'RangeError', message: 'Array buffer allocation failed' }),
    limits: { memInMb: 64 },
    expected: { ...memory, reason: 'allocationRefused', exitCode: 0 },
  },
  'the same words in another error are none': {
    ...throws({ message: 'Array buffer allocation failed' }),
    limits: { memInMb: 64 },
    expected: { ...any, reason: 'threw' },
  },
  'an errno is an error of the operating system': {
    ...throws({ message: 'fork', code: 'EAGAIN', errno: -11, syscall: 'fork' }),
    limits: { numProcesses: 8 },
    expected: { exitStatus: 'SubprocessException', result: null, reason: 'osError', osErrno: 11, exitCode: 0 },
  },
  'an errno that Linux does not have is none': {
    ...throws({ message: 'fork', code: 'EAGAIN', errno: -99_999 }),
    expected: { ...any, reason: 'threw', osErrno: null },
  },
});
