import type { Usage } from '../call/sandbox.js';
import type { Engine } from './connect.js';
import type { ContainerRecord } from './container-events.js';
import { followLines } from './engine-request.js';
import type { Meter } from './usage.js';

/**
 * The engine's own statistics, for containers whose cgroup is on another machine: one sample a second, and no number of refused
 * forks, which no engine tells.
 */
export function openEngineMeter(engine: Engine, id: string, events: Readonly<ContainerRecord>): Meter {
  const closing = new AbortController();
  let latest: Omit<Usage, 'oomKills'> | null = null;
  /** The most since the last reset: only version 1 of cgroups has a peak in its statistics, and it cannot be reset. */
  let peak = 0;
  const take = (sample: Record<string, unknown>) => {
    const usage = readSample(sample);
    if (usage === null) return;
    peak = Math.max(peak, usage.memInBytes);
    latest = { ...usage, peakInBytes: peak };
  };
  // A stream of samples that breaks means no more samples; the container's end is seen elsewhere.
  const ignore = () => {};
  followLines(engine.transport, `/containers/${id}/stats?stream=true`, closing.signal, ignore, take).catch(ignore);
  return {
    kind: 'engine',
    read: () => (latest === null || closing.signal.aborted ? null : { ...latest, oomKills: events.ooms }),
    resetPeak: () => {
      peak = 0;
    },
    close: () => closing.abort(),
  };
}

/** Null for the zeros that engines send of a container that has ended. */
export function readSample(sample: Record<string, unknown>): Omit<Usage, 'oomKills'> | null {
  const { cpu_stats: cpu, memory_stats: memory } = sample as {
    cpu_stats?: { cpu_usage?: { total_usage?: unknown } };
    memory_stats?: { usage?: unknown };
  };
  const cpuInNs = cpu?.cpu_usage?.total_usage;
  const memInBytes = memory?.usage;
  if (!isCount(cpuInNs) || !isCount(memInBytes) || cpuInNs === 0) return null;
  return { cpuInS: cpuInNs / 1e9, memInBytes, peakInBytes: memInBytes, pidsRefused: 0 };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
