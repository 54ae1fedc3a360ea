import { readdirSync } from 'node:fs';

/** What a program that goes on for long must not have ever more of. */
export interface Holdings {
  readonly residentInMb: number;
  readonly descriptors: number;
}

export function holdings(): Holdings {
  return {
    residentInMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    descriptors: readdirSync('/proc/self/fd').length,
  };
}
