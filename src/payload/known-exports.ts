import type { Compiled } from './compile.js';
import { targetKey } from './discover.js';

/** The exports of an ES module, `export *` of other sources included; null when only loading it can tell. */
export function knownExports(path: string, sources: ReadonlyMap<string, Compiled>): string[] | null {
  const names = collect(path, sources, new Set());
  return names === null ? null : [...names].sort();
}

function collect(path: string, sources: ReadonlyMap<string, Compiled>, seen: Set<string>): Set<string> | null {
  const source = sources.get(path);
  if (source?.shape === null || source?.format !== 'esm') return null;
  seen.add(path);
  const names = new Set(source.shape.exports);
  for (const specifier of source.shape.exportStars) {
    const target = source.targets.get(targetKey('import', specifier));
    if (target === undefined) return null;
    if (seen.has(target.path)) continue;
    const others = collect(target.path, sources, seen);
    if (others === null) return null;
    for (const name of others) if (name !== 'default') names.add(name);
  }
  return names;
}
