import * as assert from 'uvu/assert';
import { factsOf } from '../../src/call/returned-value.js';
import { suite } from '../harness.js';

const { test } = suite('what a thrown error says');

/** Name → what was thrown, its positive errno, and whether an allocation was refused. */
const table: Readonly<Record<string, readonly [thrown: unknown, errno: number | null, allocationRefused: boolean]>> = {
  'no error at all': ['EAGAIN', null, false],
  'an error of the function': [new Error('EAGAIN'), null, false],
  'an error of the system': [Object.assign(new Error(), { code: 'ENOENT', errno: -2 }), 2, false],
  'no memory': [Object.assign(new Error(), { code: 'ENOMEM', errno: -12 }), 12, true],
  "a number of libuv's own": [Object.assign(new Error(), { code: 'ENOTFOUND', errno: -3008 }), null, false],
  'a SystemError, with the code in info': [
    Object.assign(new Error(), { name: 'SystemError', code: 'ERR_SYSTEM_ERROR', info: { code: 'EACCES', errno: -13 } }),
    13,
    false,
  ],
  'a worker whose thread was refused': [Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' }), 11, false],
  'the same, in the words of other versions of node': [
    Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' }),
    11,
    false,
  ],
  'a worker that failed for another reason': [
    Object.assign(new Error('Worker initialization failure'), { code: 'ERR_WORKER_INIT_FAILED' }),
    null,
    false,
  ],
  'an array too large': [new RangeError('Array buffer allocation failed'), null, true],
};

for (const [name, [thrown, errno, allocationRefused]] of Object.entries(table)) {
  test(name, () => assert.equal(factsOf(thrown), { errno, allocationRefused }));
}
