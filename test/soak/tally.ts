import { inspect } from 'node:util';
import type { Judged } from './check-call.js';
import type { DrawnCall } from './draw-call.js';
import type { Made } from './make-call.js';

/** What became of the calls. */
export class Tally {
  calls = 0;
  disagreements = 0;
  /** Calls whose container was seen by the witness, of those that had one. */
  seen = 0;
  withContainer = 0;
  readonly byStatus = new Map<string, number>();
  readonly byReason = new Map<string, number>();
  readonly byFamily = new Map<string, number>();
  /** Calls for which more than one status was right: which, and how they ended. */
  readonly races = new Map<string, Map<string, number>>();

  add(call: DrawnCall, { outcome, reason, seen }: Made, { possible, problems }: Judged): void {
    this.calls += 1;
    if (problems.length > 0) this.disagreements += 1;
    if (outcome.meter !== null) this.withContainer += 1;
    if (seen?.counters) this.seen += 1;
    const status = String(outcome.exitStatus);
    count(this.byStatus, status);
    count(this.byReason, `${status} ${reason}`);
    count(this.byFamily, call.behaviour.family);
    const statuses = new Set(possible.map((end) => end.status));
    if (statuses.size < 2) return;
    const race = possible.map((end) => `${end.status} (${end.why})`).join(' or ');
    const ends = this.races.get(race) ?? new Map<string, number>();
    this.races.set(race, ends);
    count(ends, status);
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function formatTally(tally: Tally): string {
  const races = [...tally.races].sort(([one], [other]) => total(tally.races.get(other)) - total(tally.races.get(one)));
  const raced = races.reduce((sum, [, ends]) => sum + total(ends), 0);
  return [
    section('Statuses', tally.byStatus),
    section('Statuses with their reasons', tally.byReason),
    section('Families', tally.byFamily),
    `Calls with one right answer: ${tally.calls - raced}; with more: ${raced}`,
    ...races.map(
      ([race, ends]) => `  ${[...ends].map(([status, times]) => `${times} × ${status}`).join(', ')}\n    of ${race}`,
    ),
    `Kernel counters were seen for ${tally.seen} of ${tally.withContainer} containers`,
    `${tally.calls} calls, ${tally.disagreements} disagreements`,
  ].join('\n');
}

function total(counts: ReadonlyMap<string, number> | undefined): number {
  return [...(counts?.values() ?? [])].reduce((sum, times) => sum + times, 0);
}

function section(title: string, counts: ReadonlyMap<string, number>): string {
  const rows = [...counts].sort(([, one], [, other]) => other - one);
  return [title, ...rows.map(([name, times]) => `  ${String(times).padStart(6)}  ${name}`)].join('\n');
}

/** A call with everything needed to judge it again, and to repeat it. */
export function formatDisagreement(seed: number, call: DrawnCall, made: Made, { possible, problems }: Judged): string {
  const { outcome, reason, elapsedInS, seen } = made;
  const { exitStatus, exitCode, signal, osErrno, wallClockTime, cpuTime, peakMemory, phase, timings, stderr, error } = outcome;
  const { course, ...behaviour } = call.behaviour;
  const got = { exitStatus, reason, exitCode, signal, osErrno, phase, wallClockTime, cpuTime, peakMemory, timings };
  const message = error?.message.slice(0, 300) ?? null;
  const facts = {
    ...behaviour,
    course,
    ...call,
    behaviour: undefined,
    got,
    message,
    stderr: stderr.slice(-300),
    elapsedInS,
    seen,
    possible,
  };
  return [
    problems.length === 0 ? 'Agreed:' : `Disagreement: ${problems.join('; ')}`,
    `  npm run soak -- --seed ${seed} --only ${call.index}`,
    inspect(facts, { depth: 4, breakLength: 140, maxStringLength: 300, compact: 6 }).replace(/^/gm, '  '),
  ].join('\n');
}
