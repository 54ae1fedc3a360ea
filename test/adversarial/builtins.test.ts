import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { manyValues } from './guests/builtins/many-values.js';

const { cases } = hostileSuite('built-ins replaced');
const five = { exitStatus: 0, result: 5, exitCode: 0 } as const;

const names = (
  'Object Function Array String Number Boolean Symbol Error Promise Map Set WeakMap WeakSet RegExp Date JSON Math Reflect Proxy ArrayBuffer ' +
  'SharedArrayBuffer DataView Uint8Array BigUint64Array BigInt Buffer URL AbortController TextEncoder TextDecoder Atomics'
).split(' ');
cases(
  Object.fromEntries(
    names.map((name) => [
      `the methods of ${name} throw, and the value comes`,
      {
        call: guest('builtins/breaks-methods'),
        args: [name],
        expected: { exitStatus: 0 } as const,
        check: ({ result }) => hasManyValues(result),
      },
    ]),
  ),
);
cases(
  Object.fromEntries(
    'Object Function Array Error Promise Map RegExp Date JSON Reflect ArrayBuffer Uint8Array Buffer URL'
      .split(' ')
      .map((name) => [
        `the methods of ${name} throw, and the error comes`,
        {
          call: guest('builtins/throws-when-broken'),
          args: [name],
          expected: { exitStatus: 'AnythingException', exitCode: 0, message: /RangeError: thrown/ } as const,
          check: ({ error }) => hasManyValues((error?.cause as { values?: unknown } | undefined)?.values),
        },
      ]),
  ),
);

/** Compared as text, too, which tells -0 from 0, and types from each other. */
function hasManyValues(result: unknown): void {
  const options = { depth: 9, sorted: true } as const;
  assert.is(inspect(result, options), inspect(manyValues(), options));
}

cases({
  'every global throws': { call: guest('builtins/breaks-globals'), expected: five },
  'every object has fields of messages': {
    call: guest('builtins/pollutes-prototypes'),
    args: [
      'status type length value get set enumerable path problem exitCode durationInS valueInBytes exits phase operations kind keys message name stack cause 0 1 2',
    ],
    expected: { exitStatus: 0, result: { a: 1 } },
  },
  // Node's own functions take it that what they did has failed, those that the runner writes with, too: but it is written.
  'every object has the fields of a system error': {
    call: guest('builtins/pollutes-prototypes'),
    args: ['errno code'],
    expected: { exitStatus: 0, result: { a: 1 } },
  },
  'everything is frozen': { call: guest('builtins/freezes-everything'), expected: five },
  'promises have another class, and then does nothing': { call: guest('builtins/breaks-promises'), expected: five },
  'nothing can be iterated over': {
    call: guest('builtins/breaks-iteration'),
    expected: { exitStatus: 0, result: { list: [1, 2], map: new Map([['a', 1]]), set: new Set([3]) } },
  },
  'stacks throw when they are made': {
    call: guest('builtins/breaks-error-stacks'),
    expected: { exitStatus: 'AnythingException', message: /RangeError: thrown/ },
  },
  'everything of process does nothing': { call: guest('builtins/breaks-process'), args: ['does nothing'], expected: five },
  'everything of process throws': { call: guest('builtins/breaks-process'), args: ['throws'], expected: five },
  'what typed arrays and iterators have in common throws': {
    call: guest('builtins/breaks-typed-arrays'),
    expected: { exitStatus: 0 },
    check: ({ result }) => hasManyValues(result),
  },
  'every event emitter throws': { call: guest('builtins/breaks-emitters'), expected: five },
  'every function of fs throws': { call: guest('builtins/breaks-fs'), expected: five },
  'the sockets that the runner listens with are others': {
    call: async () => {
      const { default: net } = await import('node:net');
      Object.assign(net, { Socket: class {} });
      return await new Promise((resolve) => setTimeout(resolve, 100, 5));
    },
    expected: five,
  },
  'process.reallyExit does nothing': {
    call: () => {
      Object.assign(process, { reallyExit: () => {} });
      process.exit(1);
      return 'went on';
    },
    expected: { exitStatus: 0, result: 'went on' },
  },
  'writing writes nothing': {
    call: guest('builtins/breaks-writing'),
    expected: { exitStatus: 'AnythingException', exitCode: 1 },
  },
});
