import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { groupHasEnded, killGroup } from './process-group.js';
import type { TestRecord } from './record.js';
import type { Summary } from './summary.js';

export interface TestFile {
  path: string;
  /** Time limit of tests that give none, in seconds. */
  testTimeoutInS: number;
  /** Seconds it may take to load. */
  loadTimeoutInS: number;
  /** Seconds it may take in all. */
  timeoutInS: number;
  /**
   * Seconds that something overdue is given before it is killed: a test that is still at it beyond its own limit (in a busy
   * loop, which the harness's timer cannot interrupt), and what is left running at the end.
   */
  graceInS: number;
}

export interface FileRun {
  summary: Summary;
  /** What the file wrote, stdout and stderr in the order in which they came. */
  output: string;
  durationInS: number;
}

const runner = fileURLToPath(new URL('../run-file.ts', import.meta.url));

/** Runs a test file in a process group of its own. A crash, a hang, and processes left running count as failures. */
export async function runTestFile(file: TestFile): Promise<FileRun> {
  const start = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), runner, file.path, String(file.testTimeoutInS), String(file.graceInS)],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, NISHER_TEST_RECORDS: '3' },
      detached: true,
    },
  );
  const leader = child.pid;
  if (leader === undefined) throw new Error(`Could not start ${process.execPath}`);
  const killAtExit = () => killGroup(leader);
  process.on('exit', killAtExit);

  let killedFor: string | undefined;
  const kill = (why: string) => {
    killedFor ??= why;
    killGroup(leader);
  };
  const fileTimer = setTimeout(kill, file.timeoutInS * 1000, `not done after ${file.timeoutInS} s`);
  let stuckTimer = setTimeout(kill, file.loadTimeoutInS * 1000, `not loaded after ${file.loadTimeoutInS} s`);

  const tally = newTally();
  onLines(child.stdio[3] as Readable, (line) => {
    const record = JSON.parse(line) as TestRecord;
    count(tally, record);
    if (record.kind !== 'started') return;
    clearTimeout(stuckTimer);
    stuckTimer = setTimeout(kill, (record.dueInS + file.graceInS) * 1000, 'stuck far beyond its time limit');
  });
  const output: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => output.push(text));

  const end = await ended(child);
  clearTimeout(fileTimer);
  clearTimeout(stuckTimer);
  const leftRunning = !(await groupHasEnded(leader, file.graceInS));
  killGroup(leader);
  process.off('exit', killAtExit);

  return {
    summary: verdict(file.path, tally, { end: killedFor ?? end, cleanEnd: end === 'exit code 0', leftRunning }),
    output: output.join(''),
    durationInS: (performance.now() - start) / 1000,
  };
}

interface Tally {
  summary: Summary;
  /** Registered, and no outcome yet. */
  open: Set<string>;
  current: string;
}

const newTally = (): Tally => ({
  summary: { passed: 0, skipped: 0, failed: [] },
  open: new Set(),
  current: 'the loading of the file',
});

function count(tally: Tally, record: TestRecord): void {
  const { summary, open } = tally;
  if (record.kind === 'registered') {
    open.add(record.test);
  } else if (record.kind === 'started') {
    tally.current = record.what;
  } else {
    open.delete(record.test);
    if (record.kind === 'passed') summary.passed++;
    else if (record.kind === 'skipped') summary.skipped++;
    else summary.failed.push({ what: record.test, report: record.report });
  }
}

function verdict(path: string, tally: Tally, how: { end: string; cleanEnd: boolean; leftRunning: boolean }): Summary {
  const failed = tally.summary.failed;
  for (const test of tally.open)
    failed.push({ what: test, report: `did not run to its end: ${how.end}, during ${tally.current}` });
  if (!how.cleanEnd && failed.length === 0)
    failed.push({ what: 'the end of the file', report: `${how.end}, after ${tally.current}` });
  if (how.leftRunning)
    failed.push({ what: 'the end of the file', report: 'processes that it started were still running; they were killed' });
  return { ...tally.summary, failed: failed.map(({ what, report }) => ({ what: `${path} › ${what}`, report })) };
}

async function ended(child: ChildProcess): Promise<string> {
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // 'close' waits for the pipes too, which a process left behind may hold open for ever.
  await Promise.race([closed, sleep(1000, undefined, { ref: false })]);
  for (const stream of child.stdio) stream?.destroy();
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
}

function onLines(stream: Readable, listener: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(listener);
  });
}
