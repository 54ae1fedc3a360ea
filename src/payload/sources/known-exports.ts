import type { Graph } from './follow.js';

/** The exports of an ES module, `export *` of other sources included; null when only loading it can tell. */
export function knownExports(path: string, graph: Graph): string[] | null {
  const names = collect(path, graph, new Set());
  return names === null ? null : [...names].sort();
}

function collect(path: string, graph: Graph, seen: Set<string>): Set<string> | null {
  const source = graph.sources.get(path);
  if (source === undefined || source.shape === null || source.format !== 'esm') return null;
  const { shape } = source;
  seen.add(path);
  const names = new Set(shape.exports);
  for (const specifier of shape.exportStars) {
    const reference = shape.references.find((each) => each.isStatic && each.specifier === specifier);
    const target = reference && graph.targets.get(reference);
    if (target?.kind !== 'file') return null;
    if (seen.has(target.path)) continue;
    const others = collect(target.path, graph, seen);
    if (others === null) return null;
    for (const name of others) if (name !== 'default') names.add(name);
  }
  return names;
}
