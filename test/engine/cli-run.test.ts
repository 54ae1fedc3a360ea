import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { noKernelOfTheHost, noRuntimes } from '../support/engine-under-test.js';
import { type CliOptions, runCli } from '../support/run-cli.js';

const { test } = suite('nisher run');
const module = fileURLToPath(new URL('../fixtures/cli/functions.ts', import.meta.url));
const call = (exportName: string, ...words: string[]) => runCli(['run', `${module}#${exportName}`, ...words]);

test('stdout is the value alone, as one line of JSON', async () => {
  assert.equal(await runCli(['run', module, '1', '2']), { exitCode: 0, signal: null, stdout: '3\n', stderr: '' });
});

test('arguments are JSON, negative numbers after a --', async () => {
  assert.is((await call('echo', '{"a":[1,null,"x"]}')).stdout, '{"a":[1,null,"x"]}\n');
  assert.is((await call('echo', '"text"')).stdout, '"text"\n');
  assert.is((await runCli(['run', module, '--quiet', '--', '-1e3', '1'])).stdout, '-999\n');
});

test('values that JSON has no form for', async () => {
  assert.is((await call('nothing')).stdout, 'null\n');
  assert.is(
    (await call('rich')).stdout,
    '{"map":[["a",18446744073709551616]],"when":"1970-01-01T00:00:00.000Z","bytes":"aGk="}\n',
  );
  const { exitCode, stdout, stderr } = await call('cycle');
  assert.equal([exitCode, stdout], [125, '']);
  assert.match(stderr, /`result\.self` refers back to `result`/);
});

test("the function's output goes to stderr, as it comes", async () => {
  const { stdout, stderr } = await call('speak');
  assert.is(stdout, '"value"\n');
  assert.is(stderr.split('\n').sort().join('|'), '|to stderr|to stdout');
});

test('what is over --max-output is dropped, and said to be', async () => {
  const { stderr, exitCode } = await call('chatter', '--max-output', '1MB');
  assert.is(exitCode, 0);
  assert.is(stderr, `${'x'.repeat(2 ** 20)}nisher: 5 bytes of its stdout were more than --max-output, and dropped\n`);
});

test('--json is the whole outcome, on one line, and the exit code stays', async () => {
  const { stdout, exitCode } = await call('speak', '--json');
  assert.is(exitCode, 0);
  assert.is(stdout.trimEnd().split('\n').length, 1);
  const outcome = JSON.parse(stdout);
  assert.equal(
    [outcome.exitStatus, outcome.result, outcome.error, outcome.stdout, outcome.stderr, outcome.phase, outcome.meter],
    [0, 'value', null, 'to stdout\n', 'to stderr\n', 'call', outcome.meter],
  );
  // An engine's statistics have no sample of so short a call.
  assert.ok(outcome.peakMemory > 0 || outcome.meter === 'engine');
  assert.ok(outcome.wallClockTime > 0 && outcome.timings.start > 0);
});

test('--json of a failure: the error with code, hint and cause', async () => {
  const { stdout, exitCode } = await call('fail', '--json', '--quiet');
  assert.is(exitCode, 1);
  const { error, result } = JSON.parse(stdout);
  assert.is(result, null);
  assert.equal(
    [error.name, error.code, error.cause.name, error.cause.message],
    ['AnythingException', 'ERR_ANYTHING', 'RangeError', 'beyond'],
  );
  assert.match(error.cause.stack, 'functions.ts:');
});

test('--quiet says nothing of ours', async () => {
  assert.equal(await call('fail', '--quiet'), { exitCode: 1, signal: null, stdout: '', stderr: '' });
});

test('--env, and nothing else of the environment', async () => {
  const { stdout } = await call('environment', '--env', 'A=1', '--env', 'B=x=y');
  assert.is(stdout, '{"A":"1","B":"x=y"}\n');
});

const failures: [what: string, words: string[], exitCode: number, stderr: RegExp][] = [
  ['threw', ['fail'], 1, /^AnythingException: .*beyond[\s\S]*functions\.ts:\d+/],
  ['exited', ['exit'], 1, /^AnythingException: .*code 7/],
  ['wall time', ['sleep', '--wall-time', '300ms'], 124, /TimeoutException: .*\n.*hint: /],
  ['no such image', ['nothing', '--image', 'nisher-no-such-image'], 125, /PynisherError: .*nisher-no-such-image/],
  ['no engine', ['nothing', '--engine', 'unix:///nowhere.sock'], 125, /PynisherError: .*nowhere\.sock/],
  ['operating-system error', ['missingFile'], 126, /SubprocessException: .*errno 2/],
  ['memory', ['hog', '--mem', '128MB'], 137, /MemorylimitException: .*--mem is 128\n.*hint: Raise --mem/],
  ['CPU time', ['spin', '--cpu-time', '0.4s'], 152, /CpuTimeoutException: .*\n.*hint: /],
  ['SIGHUP', ['die', '"SIGHUP"'], 129, /SignalException: .*SIGHUP/],
  ['SIGTERM', ['die', '"SIGTERM"'], 143, /SignalException: .*SIGTERM/],
];

for (const [what, [exportName = '', ...words], exitCode, expected] of failures) {
  test(`exit code ${exitCode}: ${what}`, async () => {
    const result = await call(exportName, ...words);
    assert.match(result.stderr.replace(/^begun\n/, ''), expected);
    assert.equal([result.exitCode, result.stdout], [exitCode, '']);
  });
}

test(
  'exit code 126: a process too many',
  async () => {
    for (const limit of [['--processes', '1'], ['--untrusted']]) {
      const { exitCode, stdout, stderr } = await call('child', ...limit);
      assert.equal([exitCode, stdout], [126, ''], stderr);
      assert.match(stderr, /SubprocessException: .*errno 11/);
    }
  },
  { unless: noKernelOfTheHost },
);

test('exit code 130: Ctrl-C stops the call', async () => {
  const { exitCode, stderr, stdout } = await runCli(['run', `${module}#sleep`], interruptOnce('SIGINT'));
  assert.equal([exitCode, stdout], [130, '']);
  assert.match(stderr, /SIGINT: stopping the call.*\nSignalException: /s);
});

test('exit code 143: so does SIGTERM', async () => {
  assert.is((await runCli(['run', `${module}#sleep`], interruptOnce('SIGTERM'))).exitCode, 143);
});

test('Ctrl-C lets the function use its grace period', async () => {
  const { exitCode, stdout } = await runCli(['run', `${module}#obey`, '--grace', '20s'], interruptOnce('SIGINT'));
  assert.equal([exitCode, stdout], [130, '"stopped in time"\n']);
});

test('Ctrl-C twice leaves at once and says what is left', async () => {
  let interruptedAt = 0;
  const { exitCode, stderr } = await runCli(['run', `${module}#spin`, '--grace', '60s', '--cpu-time', '60s', '--quiet'], {
    onStderr: (text, child) => {
      if (!text.includes('begun') || interruptedAt > 0) return;
      interruptedAt = performance.now();
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 500);
    },
  });
  assert.is(exitCode, 130);
  assert.ok(performance.now() - interruptedAt < 10_000);
  assert.match(stderr, /left at once.*nisher gc/);
});

/** Sends the signal when the function says that it has begun. */
function interruptOnce(signal: NodeJS.Signals): CliOptions {
  let sent = false;
  return {
    onStderr: (stderr: string, child: ChildProcess) => {
      if (sent || !stderr.includes('begun')) return;
      sent = true;
      child.kill(signal);
    },
  };
}

/** Where one of its limits cannot be kept, it has to be lifted. */
const untrusted = ['--untrusted', ...(noKernelOfTheHost === null ? [] : ['--processes', 'none'])];

test('--untrusted: limits are set, and what else is given goes before', async () => {
  const { exitCode, stderr } = await call('sleep', ...untrusted, '--wall-time', '300ms');
  assert.is(exitCode, 124);
  assert.match(stderr, /--wall-time is 0\.3/);
});

test('--untrusted: none lifts a limit', async () => {
  const { exitCode, stderr } = await call('child', '--untrusted', '--processes', 'none');
  assert.is(exitCode, 0, stderr);
});

test(
  '--untrusted: a runtime that cannot keep one of its limits is refused, with what to do',
  async () => {
    const { exitCode, stderr } = await call('sleep', '--untrusted', '--runtime', 'runsc');
    assert.is(exitCode, 125);
    assert.match(stderr, /hint: Lift that limit with `--processes none`; `--mem` and `--wall-time` bound/);
  },
  { unless: noRuntimes },
);

test('--untrusted: what acts on a terminal is shown', async () => {
  assert.is((await call('clear', '"print"')).stderr, '\u001b[2J');
  assert.is((await call('clear', '"print"', ...untrusted)).stderr, '\\x1b[2J');
  assert.is((await call('clear', '"return"')).stdout, '"\\u001b[2J"\n');
  // Whoever runs it: these words are nisher's.
  const { stderr } = await call('clear', '"throw"');
  assert.match(stderr, 'clear threw Error: \\x1b[2J');
  assert.not.match(stderr, '\u001b');
});
