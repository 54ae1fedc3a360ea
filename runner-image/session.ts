/** The runner proper: serves one host over stdin and stdout, in a realm of its own (see runner.ts). */
import fs from 'node:fs';
import { fromUtf8 } from '../src/wire/bytes.js';
import { decode, encode } from '../src/wire/codec.js';
import { createMessageParser, encodeMessage } from '../src/wire/messages.js';
import { CODE_DIRECTORY, GuestFrame, HostMessage, type Job, type LimitNotice } from '../src/wire/protocol.js';
import { ProtocolError } from '../src/wire/wire-errors.js';
import { beforeExiting, exitNow } from './exit.js';
import { type HostMessageReceived, takeInput } from './input.js';
import { giveNotice, offerLimitSignal } from './limit.js';
import { load } from './load.js';
import { outer, type Settlement } from './outer.js';
import { openNullOutput, openOutput } from './output.js';
import { type Report, reportReturned, reportThrew } from './report.js';
import { settled } from './settled.js';
import type { Problem } from './source/problem.js';
import { makeStandardStreamsSynchronous } from './standard-streams.js';
import { unpackTo } from './unpack.js';

// Now, and not when they are called: the function may replace them.
const { stat } = fs;
const now = process.hrtime.bigint;

function seconds(from: bigint, to: bigint): number {
  return Number(to - from) / 1e9;
}

const codeDirectory = process.argv[2] ?? CODE_DIRECTORY;
const unpacker = unpackTo(codeDirectory);
/** What unpacking has failed with: the rest of the code is read, and then it is told. */
let unpackProblem: unknown;
const input = takeInput((piece) => {
  try {
    if (unpackProblem === undefined) unpacker.push(piece);
  } catch (error) {
    unpackProblem = error ?? new Error('unknown');
  }
});

/** The next message, which must be of that type; Release, at any time, ends the process. */
function receive(type: number): Uint8Array {
  const message = input.next();
  if (message.type === HostMessage.Release) exitNow(0);
  if (message.type !== type) throw new ProtocolError(`Message ${message.type} came where ${type} was due`);
  return message.payload;
}

/** After an End: the host reads the cgroup before the process goes. */
function waitForRelease(): void {
  while (input.next().type !== HostMessage.Release);
}

const job = JSON.parse(fromUtf8(receive(HostMessage.Job))) as Job;
const { maxResultInBytes } = job;
const output = openOutput(Uint8Array.from(job.delimiter.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16)));

/** The function's code that runs, or has control, at this moment. */
let running: { phase: 'load' | 'call'; since: bigint } | undefined;

/** A notice for a call that had not begun when it came. */
let earlyNotice: LimitNotice | undefined;

/** For what settles when its end has been told already, by an 'exit' listener of the function's for one: it is too late. */
const never = new Promise<never>(() => {});

function finish({ end, value }: Report): void {
  running = undefined;
  output.end(end, value);
}

function reportOf({ threw, value, started, ended }: Settlement): Report {
  const durationInS = seconds(started, ended);
  return threw
    ? reportThrew(value, 'call', durationInS, maxResultInBytes)
    : reportReturned(value, durationInS, maxResultInBytes);
}

beforeExiting((exiting) => {
  if (running === undefined) return;
  const { phase, since } = running;
  const durationInS = seconds(since, now());
  if (exiting.kind === 'error') finish(reportThrew(exiting.error, phase, durationInS, maxResultInBytes, true));
  else if (exiting.kind === 'idle') finish({ end: { status: 'neverSettles', phase, durationInS }, value: [] });
  else finish({ end: { status: 'exiting', phase, durationInS, exitCode: exiting.exitCode }, value: [] });
  // And then the process ends as it was about to, with its own exit code.
  waitForRelease();
});

function finishUnpacking(): void {
  if (unpackProblem !== undefined) throw unpackProblem;
  unpacker.end();
}

/** Everything that the function will find in its process. */
function prepareProcess(): void {
  // Creates all threads of the pool, so that they are not counted as the function's processes; and before its environment is there,
  // whose UV_THREADPOOL_SIZE would make more than the pids limit has room for.
  stat('/', () => {});
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, job.env);
  // Not the entry: a module that asks whether it is the program that was started (`import.meta.url === pathToFileURL(process.argv[1]).href`)
  // is not.
  process.argv.splice(1, process.argv.length, `${outer.directory}/runner.cjs`);
  enterWorkingFolder();
  makeStandardStreamsSynchronous();
  offerLimitSignal();
}

/** The folder of the host's program, where that is part of the code; it may hold nothing that travels. */
function enterWorkingFolder(): void {
  const folder = `${codeDirectory}/${job.workingFolder}`;
  fs.mkdirSync(folder, { recursive: true });
  process.chdir(folder);
}

/** Compiles source text. @returns the module to load; null when the text cannot be loaded, which has been told then */
function prepareEntry(): string | null {
  if (job.source === null) return `${codeDirectory}/${job.entry}`;
  const { prepareSource } = outer.requireModule(`${outer.directory}/source.cjs`) as typeof import('./source/index.js');
  const prepared = prepareSource(codeDirectory, job.entry, job.source, `${outer.directory}/esbuild`);
  // Positions in stacks are those of the text.
  process.setSourceMapsEnabled(true);
  if (prepared.kind === 'ready') return `${codeDirectory}/${prepared.entry}`;
  const { problem, place, line, isImport } = prepared;
  finish({ end: { status: 'unloadable', problem, place, line, isImport }, value: [] });
  return null;
}

/** Where source text is not JavaScript, if that is why it could not be loaded: nothing of the text has run then. */
function syntaxErrorIn(error: unknown): Problem | null {
  if (job.source === null || !(error instanceof outer.SyntaxError)) return null;
  const { message, stack } = error as Error;
  if (String(stack).includes(`at ${codeDirectory}/`) || String(stack).includes(`(file://${codeDirectory}/`)) return null;
  const { findSyntaxError } = outer.requireModule(
    `${outer.directory}/syntax-error.cjs`,
  ) as typeof import('./source/syntax-error.js');
  return findSyntaxError(codeDirectory, job.source.files, String(message));
}

/** What comes while the function has control. */
function takeNotice({ type, payload }: HostMessageReceived): boolean {
  if (type !== HostMessage.Limit) return false;
  const notice = JSON.parse(fromUtf8(payload)) as LimitNotice;
  if (running) giveNotice(notice);
  else earlyNotice = notice;
  return true;
}

async function loadFunction(): Promise<object> {
  input.listen(takeNotice);
  running = { phase: 'load', since: now() };
  output.write(GuestFrame.Loading);
  const entry = prepareEntry();
  if (entry === null) {
    waitForRelease();
    return exitNow(0);
  }
  prepareProcess();
  const loaded = await load(entry, job.exportName);
  if (running === undefined) return never;
  if (loaded.kind === 'function') {
    await rehearse();
    running = undefined;
    output.write(GuestFrame.Loaded);
    return loaded.target;
  }
  if (loaded.kind === 'threw') {
    const wrong = syntaxErrorIn(loaded.error);
    if (wrong !== null) finish({ end: { status: 'unloadable', ...wrong }, value: [] });
    else finish(reportThrew(loaded.error, 'load', seconds(running.since, now()), maxResultInBytes));
  } else {
    finish({ end: { status: 'noSuchExport', exports: loaded.exports, foundType: loaded.foundType }, value: [] });
  }
  waitForRelease();
  return exitNow(0);
}

/** As many as still make the first call quicker: with one, a call takes 2.2 ms, with ten 2.15, with fifty 2.0. */
const REHEARSALS = 50;
/** They take 2 ms; on a machine that is emulated, a container that waits is not to look as if it worked. */
const REHEARSALS_END_AFTER_S = 0.005;

const rehearsedArguments = encode([0, ''], { root: 'arguments', maxBytes: Number.POSITIVE_INFINITY });
/** The way in and out of a call that is none. */
const rehearsed = {
  input: createMessageParser((type, payload) => void takeNotice({ type, payload })),
  output: openNullOutput(),
  args: rehearsedArguments,
  messages: [...encodeMessage(HostMessage.Arguments, ...rehearsedArguments), ...encodeMessage(HostMessage.Go)],
};

/** Does all that a call does but for the function: V8 compiles what runs for the first time, 1 ms that a warm call is spared. */
async function rehearse(): Promise<void> {
  for (const piece of rehearsed.messages) rehearsed.input.push(piece);
  const args = decode(rehearsed.args) as unknown[];
  rehearsed.output.write(GuestFrame.Ready);
  const { value } = await settled(outer.call(() => '', args));
  const { end, value: encoded } = reportOf(value as Settlement);
  rehearsed.output.end(end, encoded);
}

/** For a container that waits: ends when the arguments come. */
async function rehearseWhileWaiting(): Promise<void> {
  const since = now();
  for (let times = 1; times < REHEARSALS && seconds(since, now()) < REHEARSALS_END_AFTER_S; times++) {
    if (input.isWaiting()) return;
    await rehearse();
  }
}

async function serveCall(target: object): Promise<void> {
  const args = decode([receive(HostMessage.Arguments)]);
  output.write(GuestFrame.Ready);
  receive(HostMessage.Go);
  running = { phase: 'call', since: now() };
  const settling = settled(outer.call(target, args));
  // Now that the function has had the chance to listen.
  if (earlyNotice !== undefined) giveNotice(earlyNotice);
  const settlement = (await settling).value as Settlement;
  if (running === undefined) return never;
  finish(reportOf(settlement));
}

async function serve(): Promise<never> {
  receive(HostMessage.Code);
  finishUnpacking();
  const target = await loadFunction();
  await rehearseWhileWaiting();
  // A warm container serves one call after another, where its owner allows it.
  for (;;) await serveCall(target);
}

serve().catch((cause: unknown) => {
  finish({ end: { status: 'failed', problem: cause instanceof Error ? cause.message : String(cause) }, value: [] });
  waitForRelease();
});
