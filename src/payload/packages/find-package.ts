import { basename, dirname, join } from 'node:path';
import { MAX_CONFIG_IN_BYTES } from '../files/bounds.js';
import { type Gate, isBelow } from '../files/gate.js';

/** Where a package is installed. */
export interface PackageLocation {
  readonly name: string;
  /** `…/node_modules/NAME`, where Node finds it; perhaps a link. */
  readonly at: string;
  /** Its real folder. */
  readonly folder: string;
  /** It is a package of the workspace: its sources are one's own. */
  readonly isOwn: boolean;
}

/** `@scope/name` or `name` of `@scope/name/sub/path`. */
export function packageNameOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

export function isInPackage(real: string): boolean {
  return real.includes('/node_modules/');
}

/** Looks for a package in each `node_modules` from a folder upwards, as Node does. */
export function findPackage(gate: Gate, name: string, from: string): PackageLocation | null {
  // Anything else is no package's name, and could lead out of node_modules.
  if (!/^(?:@[^/\\]+\/)?[^/\\]+$/.test(name) || /(?:^|\/)\.{1,2}$/.test(name) || name.includes('\0')) return null;
  for (let folder = from; ; folder = dirname(folder)) {
    const at = join(folder, 'node_modules', name);
    const found = basename(folder) === 'node_modules' ? null : gate.lookForPackage(at);
    if (found !== null && isPackage(gate, name, found.real)) {
      const isOwn = gate.isInRoot(found.real) && !isInPackage(found.real);
      return { name, at, folder: found.real, isOwn };
    }
    if (folder === dirname(folder)) return null;
  }
}

/** A link out of node_modules and out of the root leads to a package (`npm link`), or to any folder of the host. */
function isPackage(gate: Gate, name: string, real: string): boolean {
  if (isInPackage(real) || gate.isInRoot(real)) return true;
  if (isBelow(real, gate.root)) return false;
  try {
    const bytes = gate.readAbove(join(real, 'package.json'), MAX_CONFIG_IN_BYTES);
    return bytes !== null && (JSON.parse(bytes.toString('utf8')) as { name?: unknown } | null)?.name === name;
  } catch {
    return false;
  }
}
