/** Arithmetic of time limits: pure, so that it is tested without waiting. All times in seconds. */

/** A reading of the counters costs some 50 µs; more often than this it would cost the machine something. */
const LEAST_PAUSE = 0.002;

/**
 * How long to wait before the CPU time is read again: with `cores` of them busy, the limit cannot be reached sooner than what is
 * left of it divided by them.
 */
export function pauseUntilCpuLimit(leftInS: number, cores: number): number {
  return Math.max(LEAST_PAUSE, leftInS / cores);
}

/**
 * How long to wait before the counters are read for the record. A container takes its cgroup with it when it ends, so the last
 * reading before that is all that is known of a call that dies by itself: often at first, when most calls end, then rarely.
 */
export function pauseUntilNextSample(elapsedInS: number): number {
  if (elapsedInS < 1) return 0.01;
  return elapsedInS < 10 ? 0.025 : 0.05;
}

/** setTimeout takes at most 2^31 − 1 ms and fires at once for more. */
const LONGEST_TIMER_IN_S = 2 ** 31 / 1000 - 1;

export function timerFor(seconds: number): number {
  return Math.min(Math.max(0, seconds), LONGEST_TIMER_IN_S);
}

/** CPU seconds that node's start, unpacking and a module's loading may take beside the limit before the kernel steps in. */
export const BACKSTOP_MARGIN_IN_S = 5;

/**
 * RLIMIT_CPU for every process of the container (setrlimit(2): whole seconds, per process). It keeps the limits should this
 * program be gone; as long as it is there, it acts first. A wall limit bounds CPU time too, by the number of cores: a busy loop
 * cannot see that nobody waits for it any more.
 */
export function cpuBackstop(
  limits: { cpuTimeInS: number | null; wallTimeInS: number | null; gracePeriodInS: number },
  cores: number,
  calls = 1,
): { soft: number; hard: number } | null {
  const { cpuTimeInS, wallTimeInS, gracePeriodInS } = limits;
  if (cpuTimeInS === null && wallTimeInS === null) return null;
  // Loading the module has the same limits again, for itself.
  const times = 1 + calls;
  const byWall = wallTimeInS === null ? Number.POSITIVE_INFINITY : times * wallTimeInS * cores;
  const byCpu = cpuTimeInS === null ? Number.POSITIVE_INFINITY : times * cpuTimeInS;
  const soft = Math.ceil(Math.min(byWall, byCpu)) + BACKSTOP_MARGIN_IN_S;
  const hard = soft + Math.ceil(gracePeriodInS * cores) + 1;
  return hard > LARGEST_RLIMIT_IN_S ? null : { soft, hard };
}

const LARGEST_RLIMIT_IN_S = 2 ** 31;

/**
 * Unix time in ms after which nobody can be waiting for a container any more; null when its limits set no such moment. With a margin for
 * a busy machine.
 */
export function containerDeadline(
  limits: { wallTimeInS: number | null; gracePeriodInS: number },
  nowInMs: number,
): number | null {
  if (limits.wallTimeInS === null) return null;
  const deadline = nowInMs + (2 * (limits.wallTimeInS + limits.gracePeriodInS) + 60) * 1000;
  return deadline > Number.MAX_SAFE_INTEGER ? null : Math.ceil(deadline);
}
