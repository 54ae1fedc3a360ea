import * as assert from 'uvu/assert';
import { exitCodeOf, exitCodeOfSignal } from '../../src/cli/exit-code.js';
import type { ExitStatus } from '../../src/outcome.js';
import { suite } from '../harness.js';

const { test } = suite('exit codes');

const table: [ExitStatus, NodeJS.Signals | null, number][] = [
  [0, null, 0],
  ['AnythingException', null, 1],
  // A signal that is no SignalException, as the SIGKILL of nobody's: the exception decides.
  ['AnythingException', 'SIGKILL', 1],
  ['TimeoutException', 'SIGKILL', 124],
  ['PynisherError', null, 125],
  ['SubprocessException', null, 126],
  ['MemorylimitException', 'SIGKILL', 137],
  ['CpuTimeoutException', 'SIGXCPU', 152],
  ['SignalException', 'SIGHUP', 129],
  ['SignalException', 'SIGQUIT', 131],
  ['SignalException', 'SIGTERM', 143],
  ['SignalException', null, 143],
];

for (const [exitStatus, signal, code] of table) {
  test(`${exitStatus} ${signal ?? ''} → ${code}`, () => assert.is(exitCodeOf({ exitStatus, signal }), code));
}

test('Ctrl-C is 130', () => assert.is(exitCodeOfSignal('SIGINT'), 130));
