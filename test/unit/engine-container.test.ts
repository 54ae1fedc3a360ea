import * as assert from 'uvu/assert';
import type { SandboxExit, SandboxSpec } from '../../src/call/sandbox.js';
import { forgetOoms, hadOoms, hasOoms, nothingToldYet } from '../../src/engine/container-events.js';
import { concludeExit, type ExitEvidence } from '../../src/engine/container-exit.js';
import { containerOptions } from '../../src/engine/container-options.js';
import { readSample } from '../../src/engine/engine-meter.js';
import { pidsLimit } from '../../src/engine/pids-limit.js';
import { suite } from '../harness.js';

const { test } = suite('engine container');

const spec: SandboxSpec = {
  layer: null,
  memInBytes: null,
  cpus: null,
  extraTasks: null,
  cpuBackstopInS: null,
  scratchInBytes: 2 ** 20,
  codeInBytes: 4096,
  nodeArguments: [],
  deadline: null,
  image: null,
  runtime: null,
  network: 'none',
};
const surroundings = {
  ...{ name: 'nisher-1', image: 'i:1', owner: 'me', cores: 2, flavour: 'docker' as const, runnerTasks: 11 },
  hosts: null,
  volumes: [],
};
const hostConfig = (changes: Partial<SandboxSpec>) => containerOptions({ ...spec, ...changes }, surroundings).HostConfig ?? {};

test('the pids limit counts init and runner', () => {
  const table: readonly [number, number | null, number | null][] = [
    [11, 0, 12],
    [11, 1, 13],
    [15, 100, 116],
    [11, null, null],
  ];
  for (const [tasks, extra, expected] of table) assert.is(pidsLimit(tasks, extra), expected);
});

test('no restriction means that the engine is told of none', () => {
  const config = hostConfig({});
  for (const name of ['Memory', 'MemorySwap', 'NanoCpus', 'PidsLimit', 'Runtime']) assert.not.ok(name in config, name);
});

test("limits, in the engine's units", () => {
  const config = hostConfig({
    memInBytes: 1.5,
    cpus: 0.5,
    extraTasks: 0,
    cpuBackstopInS: { soft: 3, hard: 4 },
    runtime: 'runsc',
  });
  assert.is(config.Memory, 1);
  assert.is(config.MemorySwap, config.Memory, 'no swap');
  assert.is(config.NanoCpus, 5e8);
  assert.is(config.PidsLimit, 12);
  assert.equal(config.Ulimits?.[1], { Name: 'cpu', Soft: 3, Hard: 4 });
  assert.is(config.Runtime, 'runsc');
});

test('a CPU quota stays within what engines accept', () => {
  const table: readonly [number, number | undefined][] = [
    [2, undefined],
    [64, undefined],
    [1.999, 1_999_000_000],
    [0.0001, 10_000_000],
  ];
  for (const [cpus, expected] of table) assert.is(hostConfig({ cpus }).NanoCpus, expected);
});

test('the deadline is a label only where there is one', () => {
  assert.equal(Object.keys(containerOptions(spec, surroundings).Labels ?? {}), ['nisher.owner', 'nisher.call']);
  assert.is(containerOptions({ ...spec, deadline: 12.3 }, surroundings).Labels?.['nisher.deadline'], '13');
});

test('/dev/shm is no larger than /tmp', () => {
  assert.is(hostConfig({ scratchInBytes: 1000 }).ShmSize, 1000);
  assert.is(hostConfig({ scratchInBytes: 2 ** 40 }).ShmSize, 64 * 2 ** 20);
});

const ended = (exitCode: number, oomKilled = false): ExitEvidence['inspected'] => ({ state: 'ended', exitCode, oomKilled });
const gone: ExitEvidence['inspected'] = { state: 'gone' };
const running: ExitEvidence['inspected'] = { state: 'running' };
const unknown: ExitEvidence['inspected'] = { state: 'unknown' };
const noEngine: ExitEvidence['inspected'] = { state: 'no engine', problem: 'ECONNREFUSED' };
const waited = (exitCode: number, error: string | null = null) => ({ exitCode, error });
const silent = nothingToldYet;
const told = (exitCode: number, more: Partial<ExitEvidence['events']> = {}) => ({ ...silent, exitCode, ...more });
const exited = (exitCode: number, oomKilled = false): SandboxExit => ({ kind: 'exited', exitCode, oomKilled });

/** Name, evidence → what it means; a pattern: lost, for that reason; null: it still runs. */
const exits: readonly [string, ExitEvidence, SandboxExit | RegExp | null][] = [
  ['an ordinary end, removed already', { waited: waited(0), inspected: gone, events: silent }, exited(0)],
  ['an ordinary end, still there', { waited: waited(3), inspected: ended(3), events: silent }, exited(3)],
  [
    'an ordinary end, of which a busy engine says no more',
    { waited: waited(137), inspected: unknown, events: silent },
    exited(137),
  ],
  ['OOM told by inspect', { waited: waited(137), inspected: ended(137, true), events: silent }, exited(137, true)],
  ['OOM told by an event', { waited: waited(137), inspected: gone, events: { ...silent, ooms: 1 } }, exited(137, true)],
  ['OOM of a child alone', { waited: waited(0), inspected: ended(0, true), events: silent }, exited(0, true)],
  ['the function itself exits with 255', { waited: waited(255), inspected: gone, events: told(255) }, exited(255)],
  ['255 that inspect confirms', { waited: waited(255), inspected: ended(255), events: silent }, exited(255)],
  ['255 that nobody confirms', { waited: waited(255), inspected: gone, events: silent }, /255/],
  ['255 of a container that runs', { waited: waited(255), inspected: running, events: silent }, /255/],
  ['255 told after a restart', { waited: null, inspected: ended(255), events: told(255) }, /shut down/],
  ['255 found after a restart', { waited: null, inspected: ended(255), events: silent }, /shut down/],
  ['a signal it sent itself', { waited: waited(143), inspected: gone, events: told(143) }, exited(143)],
  [
    'a kill that we asked for',
    { waited: waited(137), inspected: gone, events: told(137, { signalled: true, killAsked: true }) },
    exited(137),
  ],
  [
    'a kill that somebody else asked for',
    { waited: waited(137), inspected: gone, events: told(137, { signalled: true }) },
    /by somebody else/,
  ],
  [
    'an engine that kills it as it shuts down',
    { waited: waited(137), inspected: gone, events: { ...silent, signalled: true } },
    /shut down/,
  ],
  [
    'a SIGTERM that somebody sent',
    { waited: waited(143), inspected: gone, events: told(143, { signalled: true }) },
    exited(143),
  ],
  [
    'a signal that somebody sent, and it returned',
    { waited: waited(0), inspected: gone, events: told(0, { signalled: true }) },
    exited(0),
  ],
  ['told of a SIGKILL by an engine that went', { waited: null, inspected: gone, events: told(137) }, /shut down/],
  ['told of a SIGKILL by an engine that goes', { waited: waited(137), inspected: noEngine, events: silent }, /shut down/],
  ['an exit code of its own, as the engine goes', { waited: waited(4), inspected: noEngine, events: silent }, exited(4)],
  [
    'an OOM kill, and then the engine went',
    { waited: null, inspected: gone, events: told(137, { ooms: 1 }) },
    exited(137, true),
  ],
  ['the wait broke, the event came', { waited: null, inspected: gone, events: told(5) }, exited(5)],
  ['the wait broke, inspect knows', { waited: null, inspected: ended(1), events: silent }, exited(1)],
  ['the wait broke, and it still runs', { waited: null, inspected: running, events: silent }, null],
  [
    'the engine went away',
    { waited: null, inspected: noEngine, events: silent },
    /connection with the engine broke: ECONNREFUSED/,
  ],
  ['the engine has stopped answering', { waited: null, inspected: unknown, events: silent }, /does not answer/],
  ['gone without a word', { waited: null, inspected: gone, events: silent }, /removed/],
  ['an error in place of a code', { waited: waited(-1, 'container vanished'), inspected: gone, events: silent }, /vanished/],
  ['an event without a code', { waited: waited(4), inspected: gone, events: told(Number.NaN) }, exited(4)],
];

for (const [name, evidence, expected] of exits) {
  test(`exit: ${name}`, () => {
    const conclusion = concludeExit(evidence);
    if (!(expected instanceof RegExp)) return assert.equal(conclusion, expected);
    assert.is(conclusion?.kind, 'lost');
    assert.match(conclusion?.kind === 'lost' ? conclusion.reason : '', expected);
  });
}

test("samples of the engine's statistics", () => {
  const sample = (total_usage: unknown, usage: unknown) => ({
    cpu_stats: { cpu_usage: { total_usage } },
    memory_stats: { usage },
  });
  assert.equal(readSample(sample(1_500_000_000, 4096)), { cpuInS: 1.5, memInBytes: 4096, peakInBytes: 4096, pidsRefused: 0 });
  for (const useless of [{}, sample(0, 0), sample(0, 4096), sample(5, undefined), { cpu_stats: null, memory_stats: null }]) {
    assert.is(readSample(useless), null);
  }
});

test('an OOM kill before the call is none of it, though an engine tells of it late, and twice; one of its own is', () => {
  for (const toldBefore of [0, 1, 2]) {
    const record = { ...nothingToldYet, ooms: toldBefore, oomKills: 1 };
    assert.ok(hasOoms(record));
    forgetOoms(record);
    assert.ok(hadOoms(record));
    record.ooms = 2;
    assert.not(hasOoms(record), `${toldBefore} told before`);
    const evidence = { waited: { exitCode: 3, error: null }, inspected: ended(3, true), events: record };
    assert.equal(concludeExit(evidence), exited(3, false));
    record.oomKills = 2;
    assert.ok(hasOoms(record));
    assert.equal(concludeExit(evidence), exited(3, true));
  }
});

test('without a kill before, the word of an engine is enough', () => {
  const record = { ...nothingToldYet };
  forgetOoms(record);
  assert.not(hasOoms(record));
  record.ooms = 1;
  assert.ok(hasOoms(record));
});
