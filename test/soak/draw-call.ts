import type { LimitOptions } from '../../src/index.js';
import type { Behaviour } from './behaviour.js';
import { drawBehaviour } from './behaviours.js';
import type { Course } from './course.js';
import type { Orders } from './guest/marks.js';
import { type Random, randomOfCall } from './random.js';

/** One call, as it can be repeated from seed and index. */
export interface DrawnCall {
  readonly index: number;
  readonly behaviour: Behaviour;
  readonly limits: Drawn;
  /**
   * Where its container comes from: it is started for it, it waits with the module loaded, or it has served as many calls as
   * `servesBefore` says.
   */
  readonly method: 'spawn' | 'forkserver';
  readonly servesBefore: number;
  /** What it prints as it begins, and what its module takes to load. */
  readonly orders: Orders;
  /** Seconds from the call until the caller aborts it. */
  readonly abortAfterInS: number | null;
}

/** Limits as they are drawn: numbers, or null for none. */
export type Drawn = {
  readonly [Name in 'memInMb' | 'cpuTimeInS' | 'wallTimeInS' | 'numProcesses' | 'cpus']: number | null;
} & { readonly [Name in 'gracePeriodInS' | 'maxOutputInMb' | 'maxResultInMb' | 'scratchInMb']: number };

/** Longest wall limit of a call that nothing else would end soon. */
const SOON_IN_S = 2.5;

export function drawCall(seed: number, index: number): DrawnCall {
  const random = randomOfCall(seed, index);
  const behaviour = drawBehaviour(random);
  const { course } = behaviour;
  const limits = drawLimits(random, course, index);
  const abortAfterInS = random.chance(0.06) ? random.between(0.02, 3) : null;
  // A module that does not come to its end when it is loaded has no second call.
  const kind = course.phase === 'call' ? random.fraction() : 0;
  return {
    index,
    behaviour,
    limits,
    method: kind < 0.55 ? 'spawn' : 'forkserver',
    servesBefore: kind < 0.8 ? 0 : random.integer(1, 3),
    orders: drawOrders(random, behaviour, limits),
    abortAfterInS,
  };
}

/** The module to load. */
export function moduleOf({ family, name, course }: Behaviour): string {
  if (course.phase === 'load') return `${name}-at-load`;
  return family === 'runner' ? 'attack-runner' : 'behave';
}

export function optionsOf({ limits, orders }: DrawnCall): LimitOptions {
  return { ...limits, captureOutput: true, env: { SOAK: JSON.stringify(orders) } };
}

function drawOrders(random: Random, { family, course }: Behaviour, limits: Drawn): Orders {
  // A mark that is cut off tells nothing; an attack writes with other means than the rest.
  const most = course.tellsEnd || family === 'runner' ? 4096 : 300 * 1024;
  const print = () => (random.chance(0.4) ? 0 : random.chance(0.6) ? random.integer(1, 4096) : random.integer(1, most));
  const slow = course.phase === 'call' && random.chance(0.25);
  // Loading has the same limits for itself.
  const within = (limit: number | null, seconds: number) => (limit === null ? seconds : Math.min(seconds, 0.3 * limit));
  return {
    stdout: print(),
    stderr: print(),
    loadInS: slow ? within(limits.wallTimeInS, random.between(0.3, 1.5)) : 0,
    loadCpuInS:
      slow && random.chance(0.5) ? within(limits.cpuTimeInS, within(limits.wallTimeInS, random.between(0.1, 0.8))) : 0,
  };
}

function drawLimits(random: Random, course: Course, index: number): Drawn {
  const cpuTimeInS = drawLimit(random, course.cpuInS, 0.3, [2, 6]);
  const memInMb = drawMemory(random, course);
  const stopsItself = course.end !== null || (cpuTimeInS !== null && course.cpuInS.least === Number.POSITIVE_INFINITY);
  const wall = drawLimit(random, course.wallInS, 0.3, [6, 12]);
  const hears = course.onNotice !== null && random.chance(0.7);
  return {
    memInMb,
    cpuTimeInS,
    wallTimeInS: stopsItself && !course.childIsTheHog ? wall : (wall ?? random.between(0.3, SOON_IN_S)),
    numProcesses: drawTasks(random, course),
    cpus: random.chance(0.2) ? random.pick([0.5, 1, 1.5]) : null,
    gracePeriodInS: hears ? 8 : random.chance(0.2) ? random.between(0.1, 0.5) : 0,
    maxOutputInMb: random.pick([0.25, 1, 8]),
    maxResultInMb: random.pick([1, 2, 4, 64]),
    // Its size in pages is the call's mark, by which its container is found from outside.
    scratchInMb: 8 * random.integer(1, 8) + (index + 1) / 256,
  };
}

/**
 * A limit that is out of reach, one that is sure to be met, or one near what is needed.
 * @param least smallest limit worth setting
 * @param room how far above what is needed is out of reach
 */
function drawLimit(random: Random, needed: Course['wallInS'], least: number, room: [number, number]): number | null {
  const kind = random.fraction();
  if (kind < 0.25) return null;
  if (needed.least === Number.POSITIVE_INFINITY) return random.between(least, SOON_IN_S);
  if (kind < 0.5 && needed.least > least) return Math.max(0.05, needed.least * random.between(0.2, 0.8));
  if (kind < 0.6 && needed.least > least) return needed.least * random.between(0.9, 1.3);
  const most = needed.most === Number.POSITIVE_INFINITY ? 10 * needed.least : needed.most;
  return most + random.between(...room);
}

function drawMemory(random: Random, { memInMb, childIsTheHog }: Course): number | null {
  if (memInMb.least === Number.POSITIVE_INFINITY) return childIsTheHog ? random.integer(160, 256) : random.integer(48, 200);
  const kind = random.fraction();
  // Everybody else's machine, too: what has no bound gets one.
  if (memInMb.most === Number.POSITIVE_INFINITY) return random.integer(256, 400);
  if (kind < 0.2) return null;
  if (kind < 0.23) return random.integer(1, 13);
  if (kind < 0.5 && memInMb.least > 64) return random.integer(48, Math.floor(0.8 * memInMb.least));
  if (kind < 0.6 && memInMb.least > 48) return random.integer(Math.floor(memInMb.least), Math.ceil(memInMb.most));
  return Math.ceil(2 * memInMb.most + random.integer(32, 200));
}

function drawTasks(random: Random, { tasks, refused }: Course): number | null {
  if (tasks.least === Number.POSITIVE_INFINITY) return random.integer(12, 40);
  const kind = random.fraction();
  if (kind < 0.4) return null;
  // Node with some tasks, but too few to start with, may hang or crash: all or none of them.
  if (kind < 0.6 && tasks.least > 0 && refused !== null) return tasks.least === tasks.most ? random.integer(1, tasks.least) : 1;
  return 1 + tasks.most + random.integer(tasks.most === 0 ? 0 : 1, 10);
}
