import { enforceLimits, fromModule, getContext, type Outcome } from '../../src/index.js';
import { type DrawnCall, optionsOf } from './draw-call.js';
import type { Seen, Witness } from './witness.js';

export interface Made {
  readonly outcome: Outcome;
  /** Why, in the word that the logger gets. */
  readonly reason: string;
  /** On this program's own clock. */
  readonly elapsedInS: number;
  /** null: it was not seen, or no container was started. */
  readonly seen: Seen | null;
}

/** Makes a call as it was drawn, and waits until its container was seen to end. */
export async function makeCall(call: DrawnCall, witness: Witness | null): Promise<Made> {
  let reason = '';
  const logger = {
    debug: (_message: string, fields?: Record<string, unknown>) => {
      if (typeof fields?.reason === 'string') reason = fields.reason;
    },
    info() {},
    warn: console.warn,
    error: console.error,
  };
  const isWarm = call.method === 'forkserver';
  const context = isWarm ? getContext('forkserver', { warm: 1, maxConcurrency: 1 }) : getContext('spawn');
  const abort = new AbortController();
  const { behaviour } = call;
  const module = behaviour.course.phase === 'load' ? `${behaviour.name}-at-load` : 'behave';
  await using limited = enforceLimits({ ...optionsOf(call), context, logger, signal: abort.signal })(
    fromModule<typeof import('./guest/behave.js'), 'behave'>(new URL(`./guest/${module}.ts`, import.meta.url), 'behave'),
  );
  const mark = Math.ceil(call.limits.scratchInMb * 2 ** 20);
  if (isWarm) await limited('rests');
  const before = isWarm && witness !== null ? await witness.endedAbout(mark, Date.now(), null) : null;

  const since = performance.now();
  const timer = call.abortAfterInS === null ? null : setTimeout(() => abort.abort(), call.abortAfterInS * 1000);
  const outcome = await limited.run(behaviour.name, ...behaviour.parameters);
  const elapsedInS = (performance.now() - since) / 1000;
  if (timer !== null) clearTimeout(timer);

  const seen =
    outcome.meter === null || witness === null ? null : await witness.endedAbout(mark, Date.now(), before?.id ?? null);
  return { outcome, reason, elapsedInS, seen };
}
