import { dirname, isAbsolute, join, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE_DIRECTORY } from '../wire/protocol.js';
import { statOrNull } from './files/fingerprint.js';
import { isBelow } from './files/gate.js';
import type { PackedModule } from './pack-module.js';
import { isInPackage } from './packages/find-package.js';

/** Messages are texts of the container's choice. */
const MAX_MESSAGE = 4096;

type Packed = Pick<PackedModule, 'base' | 'root' | 'workingFolder'>;

/**
 * What to do when a function failed because a file is not in the container, and this machine has it: the option that sends it. Null for any
 * other error.
 */
export function explainMissing(thrown: unknown, packed: Packed): string | null {
  const asked = missingPath(thrown, packed);
  if (asked !== null) return explainFile(asked, packed);
  const name = missingPackage(thrown);
  return name === null ? null : explainPackage(name, packed);
}

/** The same for source text, for which this machine is not looked at. */
export function explainMissingPackage(thrown: unknown): string | null {
  const name = missingPackage(thrown);
  return name === null ? null : `To send it a package of yours, name it: \`packages: ['${name}']\``;
}

/** The path of this machine that stands for the one that was not found. */
function missingPath(thrown: unknown, { base, workingFolder }: Packed): string | null {
  if (!(thrown instanceof Error)) return null;
  const { code, path } = thrown as NodeJS.ErrnoException;
  const named = code === 'ENOENT' && typeof path === 'string' ? path : missingModule(thrown);
  if (named === null || named.length > MAX_MESSAGE || named.includes('\0')) return null;
  if (!isAbsolute(named)) return resolve(base, workingFolder, named);
  const inContainer = posix.normalize(named);
  return isBelow(CODE_DIRECTORY, inContainer) ? join(base, posix.relative(CODE_DIRECTORY, inContainer)) : null;
}

/** What Node says of a module that it does not find, by path. */
function missingModule({ message }: Error): string | null {
  const text = message.slice(0, MAX_MESSAGE);
  const [, required = null, from = null] =
    /^Cannot find module '(\.{1,2}\/[^']*|\/[^']*)'(?:\nRequire stack:\n- (.*))?/.exec(text) ?? [];
  if (required === null || isAbsolute(required)) return required;
  return from === null ? null : posix.join(posix.dirname(from.startsWith('file:') ? pathOf(from) : from), required);
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

/** What Node says of a package that it does not find. */
function missingPackage(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  const text = thrown.message.slice(0, MAX_MESSAGE);
  const name = /^Cannot find (?:package|module) '((?:@[^/']+\/)?[^./'][^/']*)/.exec(text)?.[1];
  return name ?? null;
}

function explainFile(path: string, { root }: Packed): string | null {
  // Whether it exists is not looked up there: the container chose the path.
  if (!isBelow(root, path)) return `${path} is outside of the root: if it exists, set \`root\` to a folder that holds both`;
  const found = ['', '.js', '.json', '.ts', '.mjs', '.cjs']
    .map((each) => path + each)
    .find((each) => statOrNull(each) !== null);
  const shown = found === undefined ? '' : relative(root, found);
  if (found === undefined || isInPackage(found) || shown.startsWith('node_modules/')) return null;
  const pattern = shown.includes('/') ? `${dirname(shown)}/**` : shown;
  return `${shown} exists on your machine but did not travel: add \`include: ['${pattern}']\``;
}

function explainPackage(name: string, { base, root }: Packed): string | null {
  for (const folder of [root, base]) {
    if (statOrNull(join(folder, 'node_modules', name))?.isDirectory()) {
      return `${name} is installed on your machine but did not travel: add \`packages: ['${name}']\``;
    }
  }
  return null;
}
