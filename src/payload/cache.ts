import { setImmediate as turn } from 'node:timers/promises';
import { type Fingerprint, looksTheSame } from './files/fingerprint.js';

/** What the cache needs of what it keeps. */
export interface Cacheable {
  readonly archive: Uint8Array;
  readonly watched: ReadonlyMap<string, Fingerprint>;
  /** Lines of JSON: `[path, fingerprint]`. */
  readonly watchedPackages: Uint8Array;
}

export interface PackCache<T extends Cacheable> {
  /** The kept value when nothing that it was made of has changed; else what `make` gives, once for all who ask meanwhile. */
  get(key: string, make: () => Promise<T>): Promise<T>;
}

/** Whether sources, assets, and the folders that were looked into are as they were: 3 µs for each. */
export function isCurrent({ watched }: Cacheable): boolean {
  for (const [path, before] of watched) if (!looksTheSame(path, before)) return false;
  return true;
}

/** Files that are looked at before other work has its turn: some 5 ms. */
const FILES_AT_ONCE = 1_000;

/** Whether the files of packages are as they were. There may be 100,000. */
async function arePackagesCurrent({ watchedPackages }: Cacheable): Promise<boolean> {
  let looked = 0;
  for (const line of linesOf(watchedPackages)) {
    const [path, before] = JSON.parse(line) as [string, Fingerprint];
    if (!looksTheSame(path, before)) return false;
    if (++looked % FILES_AT_ONCE === 0) await turn();
  }
  return true;
}

/** The lines of a text in UTF-8, without taking it apart at once. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    yield decoder.decode(bytes.subarray(start, end));
    start = end + 1;
  }
}

/** The least recently used go first, beyond that many values or bytes of archives. Failures are not kept. */
export function makePackCache<T extends Cacheable>(maxEntries = 32, maxBytes = 256 * 1024 * 1024): PackCache<T> {
  // A Map iterates in the order of insertion: the least recently used is the first.
  const kept = new Map<string, T>();
  const underway = new Map<string, Promise<T>>();

  async function find(key: string, make: () => Promise<T>): Promise<T> {
    const found = kept.get(key);
    kept.delete(key);
    const value = found !== undefined && isCurrent(found) && (await arePackagesCurrent(found)) ? found : await make();
    kept.set(key, value);
    dropOldest();
    return value;
  }

  function dropOldest(): void {
    let bytes = 0;
    for (const each of kept.values()) bytes += each.archive.length;
    for (const [oldest, each] of kept) {
      if (kept.size <= maxEntries && bytes <= maxBytes) break;
      kept.delete(oldest);
      bytes -= each.archive.length;
    }
  }

  return {
    async get(key, make) {
      const running = underway.get(key);
      if (running !== undefined) return running;
      const finding = find(key, make).finally(() => underway.delete(key));
      underway.set(key, finding);
      return finding;
    },
  };
}
