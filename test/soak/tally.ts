import { inspect } from 'node:util';
import type { Judged } from './check-call.js';
import type { DrawnCall } from './draw-call.js';
import type { Made } from './make-call.js';

/** Of the containers, at least so many must have been seen by the witness: without it the kernel has no say. */
const LEAST_SEEN = 0.9;
/** Of the calls, at most so many may have had more than one right answer: an oracle that finds everything possible never disagrees. */
const MOST_RACES = 0.1;
/** Fewer tell nothing of a share. */
const FEW_CALLS = 50;

/** What became of the calls. */
export class Tally {
  calls = 0;
  disagreements = 0;
  /** Calls whose container's counters were read by the witness, of those that had one. */
  seen = 0;
  withContainer = 0;
  /** Calls whose container was there before, and those whose process had served a call before. */
  warm = 0;
  reused = 0;
  readonly byStatus = new Map<string, number>();
  readonly byReason = new Map<string, number>();
  readonly byFamily = new Map<string, number>();
  /** Calls for which more than one status was right: which, and how they ended. */
  readonly races = new Map<string, Map<string, number>>();

  add(call: DrawnCall, { outcome, reason, marks, seen }: Made, { possible, problems }: Judged): void {
    this.calls += 1;
    if (problems.length > 0) this.disagreements += 1;
    if (outcome.meter !== null) this.withContainer += 1;
    if (seen !== null && seen.samples.length > 0) this.seen += 1;
    if (outcome.meter !== null && outcome.timings.start === 0) this.warm += 1;
    if ((marks.began?.served ?? 0) > 0) this.reused += 1;
    const status = String(outcome.exitStatus);
    count(this.byStatus, status);
    count(this.byReason, `${status} ${reason}`);
    count(this.byFamily, call.behaviour.family);
    if (new Set(possible.map((end) => end.status)).size < 2) return;
    const race = possible.map((end) => `${end.status} (${end.why})`).join(' or ');
    const ends = this.races.get(race) ?? new Map<string, number>();
    this.races.set(race, ends);
    count(ends, status);
  }

  get raced(): number {
    return [...this.races.values()].reduce((sum, ends) => sum + total(ends), 0);
  }

  /** What makes the run as a whole worth less than it says. */
  get problems(): string[] {
    const problems: string[] = [];
    if (this.seen < LEAST_SEEN * this.withContainer)
      problems.push(`kernel counters were seen for ${this.seen} of ${this.withContainer} containers, fewer than ${LEAST_SEEN}`);
    if (this.calls >= FEW_CALLS && this.raced > MOST_RACES * this.calls)
      problems.push(`${this.raced} of ${this.calls} calls had more than one right answer, more than ${MOST_RACES}`);
    return problems;
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function formatTally(tally: Tally): string {
  const races = [...tally.races].sort(([, one], [, other]) => total(other) - total(one));
  return [
    section('Statuses', tally.byStatus),
    section('Statuses with their reasons', tally.byReason),
    section('Families', tally.byFamily),
    `Calls with one right answer: ${tally.calls - tally.raced}; with more: ${tally.raced}`,
    ...races.map(
      ([race, ends]) => `  ${[...ends].map(([status, times]) => `${times} × ${status}`).join(', ')}\n    of ${race}`,
    ),
    `Containers that were there before the call: ${tally.warm}; that had served one: ${tally.reused}`,
    `Kernel counters were seen for ${tally.seen} of ${tally.withContainer} containers`,
  ].join('\n');
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, times) => sum + times, 0);
}

function section(title: string, counts: ReadonlyMap<string, number>): string {
  const rows = [...counts].sort(([, one], [, other]) => other - one);
  return [title, ...rows.map(([name, times]) => `  ${String(times).padStart(6)}  ${name}`)].join('\n');
}

/** A call with everything needed to judge it again, and to repeat it. */
export function formatDisagreement(
  seed: number,
  call: DrawnCall,
  made: Made,
  { measured, possible, problems }: Judged,
): string {
  const { outcome, seen, ...rest } = made;
  const { exitStatus, exitCode, signal, osErrno, wallClockTime, cpuTime, peakMemory, phase, timings, stderr, error } = outcome;
  const { stdoutBytes, stdoutDroppedBytes, stderrBytes, stderrDroppedBytes } = outcome;
  const got = { exitStatus, exitCode, signal, osErrno, phase, wallClockTime, cpuTime, peakMemory, timings };
  const output = [stdoutBytes.length, stdoutDroppedBytes, stderrBytes.length, stderrDroppedBytes];
  const witnessed = seen && { ...seen, samples: [seen.samples.length, seen.samples[0], seen.samples.at(-1)] };
  const facts = {
    call,
    got,
    message: error?.message.slice(0, 300) ?? null,
    output,
    stderr: stderr.slice(-300),
    ...rest,
    seen: witnessed,
    measured,
    possible,
  };
  return [
    problems.length === 0 ? 'Agreed:' : `Disagreement: ${problems.join('; ')}`,
    `  npm run soak -- --seed ${seed} --only ${call.index}`,
    inspect(facts, { depth: 5, breakLength: 140, maxStringLength: 300, maxArrayLength: 20, compact: 6 }).replace(/^/gm, '  '),
  ].join('\n');
}
