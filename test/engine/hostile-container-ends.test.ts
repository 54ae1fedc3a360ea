/** Containers whose runner is replaced: however they end, or do not, the outcome says so, and they get no more than is theirs. */
import * as assert from 'uvu/assert';
import { HostMessage } from '../../src/wire/protocol.js';
import type { Step } from '../fixtures/hostile-runner/program.js';
import { type Expected, expectAll } from '../fuzz/containers/expect-all.js';
import { removeHostileImages } from '../fuzz/containers/image.js';
import { boot, bytes, encoded, toCall, toLoaded, toLoading, toReady, value } from '../fuzz/containers/programs.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';

const { test, after } = suite('ends of hostile containers', { timeoutInS: 120 });
const seven = encoded(7);

after(async () => {
  await removeHostileImages();
  assert.equal(await leftovers(), []);
});

test('how it ends is how it ended', () =>
  expectAll({
    'before anything': [[...boot, { do: 'exit', code: 0 }], { exitStatus: 'PynisherError', exitCode: 0 }],
    'while the module is loaded': [[...toLoading, { do: 'exit', code: 0 }], { exitStatus: 'AnythingException', exitCode: 0 }],
    'when it is given the arguments': [
      [...toLoaded, { do: 'await', type: HostMessage.Arguments }, { do: 'exit', code: 7 }],
      { exitStatus: 'AnythingException', exitCode: 7 },
    ],
    'when it is ready': [[...toReady, { do: 'exit', code: 0 }], { exitStatus: 'AnythingException', exitCode: 0 }],
    'in the middle of a value': [
      [...toCall, ...value(seven), { do: 'exit', code: 255 }],
      { exitStatus: 'AnythingException', exitCode: 255 },
    ],
    'by a signal': [[...toCall, { do: 'kill', signal: 'SIGTERM' }], { exitStatus: 'SignalException', exitCode: 143 }],
    'by SIGKILL': [[...toCall, { do: 'kill', signal: 'SIGKILL' }], { exitStatus: 'AnythingException', exitCode: 137 }],
    'with all its streams closed': [
      [...toCall, { do: 'close', stream: 1 }, { do: 'close', stream: 2 }],
      { exitStatus: 'TimeoutException' },
    ],
  }));

test('limits hold, whatever is sent meanwhile', () =>
  expectAll({
    'ready, and then silent': [toCall, { exitStatus: 'TimeoutException' }],
    'a flood of text': [[...toCall, { do: 'flood', bytes: bytes('flood'.repeat(10_000)) }], { exitStatus: 'TimeoutException' }],
    'a flood of bytes on stderr': [
      [...toLoading, { do: 'flood', bytes: bytes('e'), stream: 2 }],
      { exitStatus: 'TimeoutException' },
    ],
    'a slow drip': [
      [...toCall, { do: 'bytes', bytes: bytes('.'), times: 1e6, pauseInMs: 100 }],
      { exitStatus: 'TimeoutException' },
    ],
    stopped: [[...toCall, { do: 'kill', signal: 'SIGSTOP' }], { exitStatus: 'TimeoutException' }],
    'CPU time': [
      [...toCall, { do: 'flood', bytes: bytes('x') }],
      { exitStatus: 'CpuTimeoutException' },
      { cpuTimeInS: 0.5, wallTimeInS: 60 },
    ],
    memory: [[...toCall, { do: 'hog' }], { exitStatus: 'MemorylimitException' }, { wallTimeInS: 60 }],
  }));

test('one that dies whenever it is about to be called has no end of others made for the call', () => {
  const dying: readonly Step[] = [...toLoaded, { do: 'await', type: HostMessage.Arguments }, { do: 'exit', code: 7 }];
  const later: readonly Step[] = [...toLoaded, { do: 'sleep', inMs: 300 }, { do: 'exit', code: 7 }];
  const expected: Expected = { exitStatus: 'AnythingException', exitCode: 7 };
  const limits = { wallTimeInS: 60, calls: 4 };
  return expectAll({ 'of its arguments': [dying, expected, limits], 'of age': [later, expected, limits] });
});
