import { readFileSync } from 'node:fs';
import { findCgroup } from './cgroup-path.js';
import type { ContainerRecord } from './container-events.js';
import { watchOomKills } from './oom-watch.js';
import { type Meter, openCgroupMeter } from './usage.js';

/** The cgroup's own counters, where they can be seen from here; null where it takes the engine's statistics. */
export function openMeterOf(pid: number, id: string, record: ContainerRecord): Meter | null {
  try {
    const folders = findCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'), id);
    const meter = folders === null ? null : openCgroupMeter(folders);
    if (folders === null || meter === null) return null;
    const read = () => {
      const usage = meter.read();
      record.oomKills = Math.max(record.oomKills, usage?.oomKills ?? 0);
      return usage;
    };
    if (folders.version !== 2) return { ...meter, read };
    const stopWatching = watchOomKills(folders.unified, (kills) => {
      record.ooms = Math.max(record.ooms, kills);
      record.oomKills = Math.max(record.oomKills, kills);
    });
    return {
      ...meter,
      read,
      close: () => {
        stopWatching();
        meter.close();
      },
    };
  } catch {
    // Not this machine's process, or not Linux.
    return null;
  }
}
