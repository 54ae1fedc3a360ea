import { enforceLimits, fromModule, getContext, type Outcome } from '../../src/index.js';
import { nowInS } from './clock.js';
import { type DrawnCall, moduleOf, optionsOf } from './draw-call.js';
import { type Marks, marksIn } from './marks.js';
import type { Seen, Witness } from './witness.js';

/** A call that was made, and all that the test itself saw of it. Moments are those of clock.ts. */
export interface Made {
  readonly outcome: Outcome;
  /** Why, in the word that the logger gets. */
  readonly reason: string;
  readonly calledAtInS: number;
  /** null: it was not, or not before there was an outcome. */
  readonly abortedAtInS: number | null;
  readonly outcomeAtInS: number;
  /** What the function said itself. */
  readonly marks: Marks;
  /** Calls that its container has served before, if all of them went well. */
  readonly servedBefore: number;
  /** null: it was not seen, or no container was started. */
  readonly seen: Seen | null;
}

/** Makes a call as it was drawn, and waits until its container was seen to end. */
export async function makeCall(call: DrawnCall, witness: Witness): Promise<Made> {
  let reason = '';
  const logger = {
    debug: (_message: string, fields?: Record<string, unknown>) => {
      if (typeof fields?.reason === 'string') reason = fields.reason;
    },
    info() {},
    warn: console.warn,
    error: console.error,
  };
  const abort = new AbortController();
  const { behaviour, abortAfterInS } = call;
  await using limited = enforceLimits({ ...optionsOf(call), context: contextOf(call), logger, signal: abort.signal })(
    fromModule<typeof import('./guest/behave.js'), 'behave'>(
      new URL(`./guest/${moduleOf(behaviour)}.ts`, import.meta.url),
      'behave',
    ),
  );
  const mark = Math.ceil(call.limits.scratchInMb * 2 ** 20);
  const idOf = (outcome: Outcome) => marksIn(outcome).began?.container ?? null;
  const before: string[] = [];
  let servedBefore = 0;
  if (call.method === 'forkserver') {
    // One that fails takes its container with it; the next one has served none.
    for (let tries = 0; tries < 6 && servedBefore < Math.max(1, call.servesBefore); tries++) {
      const rest = await limited.run('rests');
      servedBefore = rest.exitStatus === 0 ? servedBefore + 1 : 0;
      const id = idOf(rest);
      if (id !== null) before.push(id);
    }
    if (call.servesBefore === 0) {
      servedBefore = 0;
      // Meanwhile the next one is loaded.
      for (const id of before) await witness.endOf(id);
    }
  }
  // The container that serves again is the one of the call before.
  const except = servedBefore > 0 ? before.filter((id) => id !== before.at(-1)) : before;

  let abortedAtInS: number | null = null;
  const calledAtInS = nowInS();
  const doAbort = () => {
    abortedAtInS = nowInS();
    abort.abort();
  };
  const timer = abortAfterInS === null ? null : setTimeout(doAbort, abortAfterInS * 1000);
  const outcome = await limited.run(behaviour.guest, ...behaviour.parameters);
  const outcomeAtInS = nowInS();
  if (timer !== null) clearTimeout(timer);

  const marks = marksIn(outcome);
  const id = marks.began?.container ?? null;
  const find = async () => {
    if (outcome.meter === null) return null;
    if (id === null) return await witness.endedAbout(mark, outcomeAtInS, except);
    // It may be held ready for further calls.
    await limited.close();
    return await witness.endOf(id);
  };
  const seen = await find();
  return { outcome, reason, calledAtInS, abortedAtInS, outcomeAtInS, marks, servedBefore, seen };
}

function contextOf({ method, servesBefore }: DrawnCall) {
  if (method === 'spawn') return getContext('spawn');
  return getContext('forkserver', { warm: 1, maxConcurrency: 1, maxTasksPerChild: servesBefore + 1 });
}
