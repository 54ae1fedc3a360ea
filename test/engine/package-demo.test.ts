import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/run-command.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';

const { test } = suite('the demo', { timeoutInS: 120 });
const root = fileURLToPath(new URL('../..', import.meta.url));

test('shows each limit being met, and leaves nothing behind', async () => {
  const { code, stdout, output } = await runCommand('npm', ['run', '--silent', 'demo'], { cwd: root });
  assert.is(code, 0, output);
  // limit, exit status, exit code
  const rows: [string, string, string][] = [
    ['none met', '0', '0'],
    ['memInMb: 128', 'MemorylimitException', '137'],
    ['cpuTimeInS: 1', 'CpuTimeoutException', '137'],
    ['wallTimeInS: 1', 'TimeoutException', '137'],
    ['numProcesses: 1', 'SubprocessException (errno 11)', '0'],
    ['a signal', 'SignalException', '143'],
    ['an error thrown', 'AnythingException', '0'],
    ['an OS error', 'SubprocessException (errno 2)', '0'],
  ];
  const table = stdout.slice(stdout.indexOf('\nlimit '));
  for (const [limit, exitStatus, exitCode] of rows) {
    const cells =
      table
        .split('\n')
        .find((line) => line.startsWith(`${limit} `))
        ?.split(/ {2,}/) ?? [];
    assert.equal([cells[3], cells[4]], [exitStatus, exitCode], table);
  }
  const seed = (name: string) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 1).trim());
  // 2 seconds of sleep under a limit of 2 seconds may end either way.
  assert.match(seed('first').join(' '), /^0 1 (2|null) null null$/);
  assert.match(seed('second')[1] ?? '', /^1 1 0 1\.\d\d "Going to sleep for 1 seconds\\n" "" 0$/);
  assert.match(seed('second')[4] ?? '', /^null null "TimeoutException" 2\.\d\d "Going to sleep for 4 seconds\\n" "" 137$/);
  assert.equal(await leftovers(), []);
});
