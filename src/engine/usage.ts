import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Usage } from '../call/sandbox.js';
import { parseKey, parseNumber } from './cgroup-counters.js';
import type { CgroupFolders } from './cgroup-path.js';

/** Reads a container's counters. */
export interface Meter {
  readonly kind: 'cgroup' | 'engine';
  /** The counters now; null when they cannot be read (any more). */
  read(): Usage | null;
  /** Begins to count the memory peak anew, where that is possible. */
  resetPeak(): void;
  close(): void;
}

/**
 * The counters of a cgroup. The files stay open: a reading takes 12 µs, with opening them each time 42 to 86. Once the cgroup is
 * gone they answer ENODEV.
 * @returns null when one of the files is missing or may not be read
 */
export function openCgroupMeter(folders: CgroupFolders): Meter | null {
  const descriptors: number[] = [];
  let closed = false;
  const close = () => {
    closed = true;
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
  const open = (file: string, flags = 'r') => {
    const descriptor = openSync(file, flags);
    descriptors.push(descriptor);
    return descriptor;
  };
  try {
    const files = folders.version === 1 ? openVersion1(folders, open) : openVersion2(folders.unified, open);
    // A closed descriptor's number may be another file's by now.
    return makeMeter(files, close, () => closed);
  } catch {
    close();
    return null;
  }
}

/** What differs between the versions. */
interface CgroupFiles {
  cpuInS(): number;
  memInBytes(): number;
  peakInBytes(): number;
  oomKills(): number;
  pidsRefused(): number;
  /** @throws when the kernel cannot, or this user may not */
  resetPeak(): void;
}

function makeMeter(files: CgroupFiles, close: () => void, isClosed: () => boolean): Meter {
  /** Where the kernel's own peak cannot be reset: what it was then, and the most seen since. */
  let since: { oldPeak: number; most: number } | null = null;
  const read = (): Usage | null => {
    if (isClosed()) return null;
    try {
      const memInBytes = files.memInBytes();
      return {
        cpuInS: files.cpuInS(),
        memInBytes,
        peakInBytes: peakOf(memInBytes, files.peakInBytes()),
        oomKills: files.oomKills(),
        pidsRefused: files.pidsRefused(),
      };
    } catch {
      return null;
    }
  };
  const peakOf = (memInBytes: number, peak: number) => {
    if (since === null) return Math.max(peak, memInBytes);
    since.most = Math.max(since.most, memInBytes);
    // Above the old peak, the kernel's is the new one; below it, the samples are all there is.
    return peak > since.oldPeak ? peak : since.most;
  };
  const resetPeak = () => {
    if (isClosed()) return;
    try {
      files.resetPeak();
    } catch {
      const usage = read();
      if (usage !== null) since = { oldPeak: files.peakInBytes(), most: usage.memInBytes };
    }
  };
  return { kind: 'cgroup', read, resetPeak, close };
}

type Open = (file: string, flags?: string) => number;

function openVersion1({ cpuacct, memory, pids }: Extract<CgroupFolders, { version: 1 }>, open: Open): CgroupFiles {
  const cpu = open(path.join(cpuacct, 'cpuacct.usage'));
  const usage = open(path.join(memory, 'memory.usage_in_bytes'));
  const peakFile = path.join(memory, 'memory.max_usage_in_bytes');
  const peak = open(peakFile);
  const writable = tryTo(() => open(peakFile, 'r+'));
  const oom = open(path.join(memory, 'memory.oom_control'));
  const pidsEvents = open(path.join(pids, 'pids.events'));
  return {
    cpuInS: () => parseNumber(readText(cpu)) / 1e9,
    memInBytes: () => parseNumber(readText(usage)),
    peakInBytes: () => parseNumber(readText(peak)),
    oomKills: () => parseKey(readText(oom), 'oom_kill'),
    pidsRefused: () => parseKey(readText(pidsEvents), 'max'),
    resetPeak: () => {
      writeSync(existing(writable), '0');
    },
  };
}

function openVersion2(unified: string, open: Open): CgroupFiles {
  const cpu = open(path.join(unified, 'cpu.stat'));
  const usage = open(path.join(unified, 'memory.current'));
  const peakFile = path.join(unified, 'memory.peak');
  // Linux 5.19 brought memory.peak; before that, the samples are all there is.
  let peak = tryTo(() => open(peakFile));
  const writable = tryTo(() => open(peakFile, 'r+'));
  const memoryEvents = open(path.join(unified, 'memory.events'));
  const pidsEvents = open(path.join(unified, 'pids.events'));
  return {
    cpuInS: () => parseKey(readText(cpu), 'usage_usec') / 1e6,
    memInBytes: () => parseNumber(readText(usage)),
    peakInBytes: () => (peak === null ? 0 : parseNumber(readText(peak))),
    oomKills: () => parseKey(readText(memoryEvents), 'oom_kill'),
    pidsRefused: () => parseKey(readText(pidsEvents), 'max'),
    resetPeak: () => {
      // Since Linux 6.12 a write begins a new count, for readers of the same open file alone.
      writeSync(existing(writable), 'reset');
      peak = writable;
    },
  };
}

function tryTo<T>(step: () => T): T | null {
  try {
    return step();
  } catch {
    return null;
  }
}

function existing(descriptor: number | null): number {
  if (descriptor === null) throw new Error('This user may not write to that file');
  return descriptor;
}

/** The longest of these files, cpu.stat, has about 300 bytes. */
const buffer = Buffer.alloc(4096);

function readText(descriptor: number): string {
  return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
}
