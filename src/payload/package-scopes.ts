import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Compiled } from './compile.js';
import { nearestPackageJson, packageType } from './source-files.js';

/**
 * The package.json files that tell Node how to read the sources. One without `type` says `"type": "module"` in the container
 * when all its sources are ES modules: Node would find that out by itself, but with a warning on the function's stderr.
 */
export function scopePackageJsons(sources: readonly Compiled[], asWritten: ReadonlySet<string>): Map<string, string> {
  const contents = new Map<string, string>();
  for (const path of new Set(sources.map((each) => nearestPackageJson(each.path)))) {
    if (path === null) continue;
    const text = readFileSync(path, 'utf8');
    const inScope = sources.filter((each) => each.extension === '.js' && nearestPackageJson(each.path) === path);
    const hasOthers = [...asWritten].some((each) => each.startsWith(join(dirname(path), '/')));
    const isModule =
      packageType(path) === null && !hasOthers && inScope.length > 0 && inScope.every(({ format }) => format === 'esm');
    contents.set(path, isModule ? withModuleType(text) : text);
  }
  return contents;
}

function withModuleType(text: string): string {
  try {
    return `${JSON.stringify({ ...(JSON.parse(text) as object), type: 'module' }, null, 2)}\n`;
  } catch {
    // Node will say what is wrong with it.
    return text;
  }
}
