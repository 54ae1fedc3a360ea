import { readFileSync } from 'node:fs';

/** The package's version, from the package.json above this file (src/cli when run from source, dist/src/cli when built). */
export function packageVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as Record<string, unknown>;
      if (name === 'nisher' && typeof version === 'string') return version;
    } catch {
      // Not there: one level higher.
    }
  }
  return 'unknown';
}
