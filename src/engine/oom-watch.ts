import { type FSWatcher, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { parseKey } from './cgroup-counters.js';

/**
 * Tells, at the moment it happens, how often the kernel's OOM killer has struck in a cgroup of version 2, whose `memory.events`
 * notifies its watchers. Once the container has ended it is too late to read it, and engines do not all tell: Podman 5 says
 * nothing of containers that are removed at their end.
 * @returns ends the watch
 */
export function watchOomKills(unified: string, onKill: (kills: number) => void): () => void {
  const file = path.join(unified, 'memory.events');
  const look = () => {
    try {
      const kills = parseKey(readFileSync(file, 'utf8'), 'oom_kill');
      if (kills > 0) onKill(kills);
    } catch {
      // The cgroup is gone, and so is what there was to see.
    }
  };
  const watcher = startWatching(file, look);
  watcher?.on('error', () => {});
  return () => watcher?.close();
}

/** Null where the user has no watch left (fs.inotify.max_user_instances, inotify(7)): the counters are read now and then all the same. */
function startWatching(file: string, look: () => void): FSWatcher | null {
  try {
    return watch(file, { persistent: false }, look);
  } catch {
    return null;
  }
}
