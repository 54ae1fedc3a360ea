import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { runTestFile, type TestFile } from '../support/run-test-file.js';
import { addSummaries, closingLine, type Summary } from '../support/summary.js';

const { test } = suite('harness', { timeoutInS: 30 });

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/harness/${name}.ts`, import.meta.url));

async function run(name: string, limits: Partial<TestFile> = {}): Promise<Summary> {
  const file = { path: fixture(name), testTimeoutInS: 10, loadTimeoutInS: 20, timeoutInS: 20, graceInS: 2, ...limits };
  const { summary } = await runTestFile(file);
  return summary;
}

/** Asserts what failed, each as [test, part of its report]. */
function failedWith({ failed }: Summary, expected: [RegExp, RegExp][]): void {
  const seen = JSON.stringify(failed, null, 1);
  assert.is(failed.length, expected.length, seen);
  for (const [index, [what, report]] of expected.entries()) {
    assert.match(failed[index]?.what ?? '', what, seen);
    assert.match(failed[index]?.report ?? '', report, seen);
  }
}

test('counts what passed and what was skipped', async () =>
  assert.equal(await run('passes'), { passed: 2, skipped: 1, failed: [] }));

test('a failed assertion, with the difference', async () => {
  const summary = await run('assertion');
  failedWith(summary, [[/assertions › compares$/, /"a": ?2|Actual|Expected/]]);
  assert.is(summary.passed, 1);
});

test('whatever is thrown is a failure', async () => {
  const summary = await run('throws-string');
  failedWith(summary, [
    [/throws › a string$/, /threw something that is no Error: 'a bare string'/],
    [/throws › undefined$/, /no Error: undefined/],
    [/throws › an error without a stack$/, /no stack/],
  ]);
  assert.is(summary.passed, 1);
});

test('a failing before hook fails the tests of its suite', async () => {
  const notRun = /did not run: a before hook failed: no database/;
  const summary = await run('failing-before');
  failedWith(summary, [
    [/hooks › before hook$/, /no database/],
    [/hooks › one$/, notRun],
    [/hooks › two$/, notRun],
  ]);
  assert.is(summary.passed, 0);
});

test('a failing after hook', async () => {
  const summary = await run('failing-after');
  failedWith(summary, [[/hooks › after hook$/, /could not clean up/]]);
  assert.is(summary.passed, 1);
});

test('a test that never settles is ended by its own limit, and the next one runs', async () => {
  const summary = await run('never-settles');
  failedWith(summary, [[/limits › hangs$/, /did not end within its time limit of 0.2 s/]]);
  assert.is(summary.passed, 1);
});

test('a busy loop is killed, and the tests behind it have failed', async () => {
  failedWith(await run('busy-loop', { timeoutInS: 3 }), [
    [/limits › spins$/, /not done after 3 s, during limits › spins/],
    [/limits › comes later$/, /not done after 3 s, during limits › spins/],
  ]);
});

test('a busy loop is killed for its own limit long before that of the file', async () => {
  const { failed } = await run('busy-loop', { testTimeoutInS: 0.1, timeoutInS: 25 });
  assert.match(failed[0]?.report ?? '', /stuck far beyond its time limit, during limits › spins/);
});

test('process.exit(0) amid the tests', async () => {
  const ended = /did not run to its end: exit code 1, during exit › leaves/;
  failedWith(await run('exits-early'), [
    [/exit › leaves$/, ended],
    [/exit › comes later$/, ended],
  ]);
});

test('a process that dies of a signal', async () =>
  failedWith(await run('killed'), [[/killed › kills itself$/, /killed by SIGKILL/]]));

test('a file that throws while it loads fails, also when tests it had registered pass', async () => {
  failedWith(await run('throws-at-load'), [[/the loading of the file$/, /broken file/]]);
});

test('process.exit(0) while it loads', async () => {
  failedWith(await run('exits-at-load'), [[/load › one$/, /exit code 1, during the loading/]]);
});

test('a top-level await that never ends', async () => {
  failedWith(await run('waits-for-ever-at-load'), [[/load › one$/, /during the loading of the file/]]);
});

test('a file without a test', async () => failedWith(await run('no-test'), [[/the file$/, /registered no test/]]));

test('an unhandled rejection', async () => {
  failedWith(await run('unhandled-rejection'), [[/unhandled rejection during rejections › loses a promise$/, /lost/]]);
});

test('an uncaught exception', async () => {
  failedWith(await run('uncaught-exception'), [
    [/uncaught exception during exceptions › throws from a timer$/, /from a timer/],
  ]);
});

test('a test registered by a test', async () => {
  failedWith(await run('registers-late'), [[/late › registers another$/, /too late was registered after the tests had begun/]]);
});

test('a timer that keeps the process alive', async () => {
  failedWith(await run('leaves-timer'), [[/the end of the file$/, /still open: .*Timeout/]]);
});

test('a process left running', async () => {
  failedWith(await run('leaves-process'), [[/the end of the file$/, /processes that it started were still running/]]);
});

test('the closing line stands last and alone, and the exit code agrees with it', async () => {
  const script = fileURLToPath(new URL('../run.ts', import.meta.url));
  const execute = promisify(execFile);
  const invoke = (...words: string[]) =>
    execute(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...words]).then(
      ({ stdout }) => ({ code: 0, last: stdout.trimEnd().split('\n').at(-1), stdout }),
      (error: { code: number; stdout: string }) => ({
        code: error.code,
        last: error.stdout.trimEnd().split('\n').at(-1),
        stdout: error.stdout,
      }),
    );
  const good = await invoke(fixture('passes'));
  assert.equal([good.code, good.last], [0, '2 passed, 0 failed, 1 skipped']);
  const bad = await invoke(fixture('assertion'), fixture('passes'));
  assert.equal([bad.code, bad.last], [1, '3 passed, 1 failed, 1 skipped']);
  assert.match(bad.stdout, /Failures[\s\S]*assertions › compares/);
  const none = await invoke('no-file-has-this-in-its-name');
  assert.equal([none.code, none.last], [1, '0 passed, 0 failed']);
  assert.match(none.stdout, /No test ran/);
});

test('summaries add up', () => {
  const sum = addSummaries([
    { passed: 1, skipped: 0, failed: [] },
    { passed: 2, skipped: 0, failed: [{ what: 'x', report: 'y' }] },
  ]);
  assert.is(closingLine(sum), '3 passed, 1 failed');
});
