import { statSync } from 'node:fs';

/** What a file looked like: when it is the same again, so is its content. `null`: it was not there. */
type Fingerprint = string | null;

interface Kept<T> {
  readonly value: T;
  readonly fingerprints: ReadonlyMap<string, Fingerprint>;
}

/** What the cache has to know of what it keeps. */
export interface Cacheable {
  readonly archive: Uint8Array;
  readonly readFiles: readonly string[];
}

export interface PackCache<T> {
  /** The kept value when no file it was made of has changed; else what `make` gives, once for all who ask meanwhile. */
  get(key: string, make: () => Promise<T>): Promise<T>;
}

/** The least recently used go first, beyond that many values or bytes of archives. Failures are not kept. */
export function makePackCache<T extends Cacheable>(mostEntries = 32, mostBytes = 256 * 1024 * 1024): PackCache<T> {
  // A Map iterates in the order of insertion: the least recently used is the first.
  const kept = new Map<string, Kept<T>>();
  const underway = new Map<string, Promise<T>>();

  function lookUp(key: string): T | undefined {
    const found = kept.get(key);
    if (found === undefined) return undefined;
    kept.delete(key);
    for (const [path, fingerprint] of found.fingerprints) if (fingerprintOf(path) !== fingerprint) return undefined;
    kept.set(key, found);
    return found.value;
  }

  function keep(key: string, value: T, startedAt: number): void {
    const fingerprints = new Map<string, Fingerprint>();
    for (const path of value.readFiles) {
      // Changed while it was being packed: who knows which content went in.
      if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > startedAt) return;
      fingerprints.set(path, fingerprintOf(path));
    }
    kept.set(key, { value, fingerprints });
    let bytes = 0;
    for (const each of kept.values()) bytes += each.value.archive.length;
    for (const [oldest, each] of kept) {
      if (kept.size <= mostEntries && bytes <= mostBytes) break;
      kept.delete(oldest);
      bytes -= each.value.archive.length;
    }
  }

  async function makeAndKeep(key: string, make: () => Promise<T>): Promise<T> {
    // Times of files have fractions of a millisecond, Date.now() has not.
    const startedAt = Date.now() + 1;
    try {
      const value = await make();
      keep(key, value, startedAt);
      return value;
    } finally {
      underway.delete(key);
    }
  }

  return {
    async get(key, make) {
      const running = underway.get(key);
      if (running !== undefined) return running;
      const found = lookUp(key);
      if (found !== undefined) return found;
      const made = makeAndKeep(key, make);
      underway.set(key, made);
      return made;
    },
  };
}

function fingerprintOf(path: string): Fingerprint {
  // Synchronous: 3 µs a file, where the asynchronous call takes 40.
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.size} ${stats.mtimeMs} ${stats.ino}`;
}
