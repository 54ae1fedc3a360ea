/**
 * What the reaper becomes when its program has ended and has left something on an engine: `node reap.js ENDPOINT HOLDINGS`. Removes what
 * nobody owns any more, as a sweep does, and ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from './engine-url.js';
import type { Holdings } from './reaper.js';
import { findOrphans, removeOrphans } from './sweep.js';
import { makeTransport } from './transport.js';

/** An engine that is being restarted may be back by then. */
const LIFE_IN_MS = 25_000;
/** A container that the engine was asked for may come as late as that. */
const UNANSWERED_TIME_IN_MS = 8_000;
const FIRST_PAUSE_IN_MS = 250;
const LONGEST_PAUSE_IN_MS = 4_000;

const [, , endpoint = '', holdings] = process.argv as [string, string, string?, Holdings?];
const engine = { transport: makeTransport(JSON.parse(endpoint) as Endpoint) };
setTimeout(() => process.exit(), LIFE_IN_MS).unref();

for (let pause = FIRST_PAUSE_IN_MS; !(await isClean()); pause = Math.min(2 * pause, LONGEST_PAUSE_IN_MS)) await sleep(pause);
process.exit();

async function isClean(): Promise<boolean> {
  try {
    const orphans = await findOrphans(engine);
    await removeOrphans(engine, orphans);
    return orphans.length === 0 && (holdings === 'holding' || performance.now() > UNANSWERED_TIME_IN_MS);
  } catch {
    // The engine does not answer; it may yet.
    return false;
  }
}
