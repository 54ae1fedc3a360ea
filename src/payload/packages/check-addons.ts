import type { Gate } from '../files/gate.js';
import { PackError } from '../payload.js';
import type { Show } from '../sources/source-names.js';
import { type AddonTarget, addonTarget, HEADER_BYTES } from './native-addon.js';

/**
 * Refuses native addons of which the container could load none: made on macOS or Windows, or for another processor. A package may carry
 * builds for several platforms and choose among them.
 * @throws PackError
 */
export function checkAddons(gate: Gate, show: Show, paths: Iterable<string>): void {
  const foreign = new Map<string, { path: string; found: AddonTarget }>();
  const usable = new Set<string>();
  for (const path of paths) {
    if (!path.endsWith('.node')) continue;
    const owner = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(path)?.[0] ?? path;
    const found = addonTarget(gate.readStart(path, HEADER_BYTES));
    if (found === null || (found.platform === 'linux' && found.arch === process.arch)) usable.add(owner);
    else foreign.set(owner, { path, found });
  }
  for (const [owner, { path, found }] of foreign) {
    if (usable.has(owner)) continue;
    throw new PackError(
      `Native addon ${show(path)} is built for ${found.platform}-${found.arch}, and containers here need linux-${process.arch}`,
      `Install or build it for Linux: npm install --os=linux --cpu=${process.arch}, or npm rebuild on such a machine`,
    );
  }
}
