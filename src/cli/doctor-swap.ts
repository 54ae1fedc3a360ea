import type { EngineInfo } from '../engine/engine-info.js';
import type { Check } from './doctor-checks.js';

/** What the container of a function shows of swap; null: it shows no such thing, as in gVisor. */
export interface SwapSeen {
  /** proc(5): a line for each place, below one of headings. */
  places: string | null;
  /** memory.swap.max of version 2 of cgroups: bytes, or `max`. */
  swapMax: string | null;
  /** memory.limit_in_bytes of version 1. */
  limit: string | null;
  /** memory.memsw.limit_in_bytes, which counts swap, too. */
  limitWithSwap: string | null;
}

/** Runs in a container. */
export async function lookForSwap(): Promise<SwapSeen> {
  const { readFileSync } = await import('node:fs');
  const read = (file: string) => {
    try {
      return readFileSync(file, 'latin1').trim();
    } catch {
      return null;
    }
  };
  return {
    places: read('/proc/swaps'),
    swapMax: read('/sys/fs/cgroup/memory.swap.max'),
    limit: read('/sys/fs/cgroup/memory/memory.limit_in_bytes'),
    limitWithSwap: read('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes'),
  };
}

/** An engine's own word is taken only where nothing shows: Podman, which looks for version 1 alone, denies it wherever version 2 is. */
export function judgeSwap(seen: SwapSeen, { swapLimit }: EngineInfo): Omit<Check, 'name'> {
  const { places, swapMax, limit, limitWithSwap } = seen;
  if (swapMax === '0' || (limit !== null && limit === limitWithSwap)) return { ok: true, found: 'swap is off for functions' };
  if (places !== null && !places.includes('\n')) return { ok: true, found: 'the machine has no swap' };
  if (Object.values(seen).every((value) => value === null) && swapLimit)
    return { ok: true, found: 'swap can be switched off, as the engine says' };
  return {
    ok: false,
    found: 'a function can use swap: memory limits may be exceeded by it',
    hint: 'Boot with swapaccount=1, or switch swap off on that machine (swapoff -a)',
  };
}
