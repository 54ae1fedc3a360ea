import { posix } from 'node:path';
import { CODE_DIRECTORY, PACKAGES_DIRECTORY } from '../wire/protocol.js';
import { isBelow } from './files/gate.js';
import { commonFolder } from './files/project-folder.js';
import type { PackageSet } from './packages/gather-packages.js';

/**
 * Where files of this machine are in the container. Each keeps its place below one base folder: the root, or, where packages are installed
 * above it, the folder that holds both.
 *
 *     this machine                     the container
 *     BASE/src/main.ts                 /app/src/main.js
 *     BASE/node_modules/dep/main.js    /app/node_modules/dep/main.js, or, in a layer, /packages/node_modules/dep/main.js
 */
export interface Layout {
  /** The folder of this machine that `/app` stands for, and `/packages`. */
  readonly base: string;
  readonly packagesFolder: typeof CODE_DIRECTORY | typeof PACKAGES_DIRECTORY;
  /** The path relative to the base. */
  relative(path: string): string;
}

/** @param root null: only packages have a place. */
export function makeLayout(root: string | null, { files, links }: PackageSet, isLayered: boolean): Layout {
  const outside = [...files.map(({ path }) => path), ...links.keys()].filter((path) => root === null || !isBelow(root, path));
  const base = commonFolder([...(root === null ? [] : [root]), ...outside.map(beforePackages)]);
  return {
    base,
    packagesFolder: isLayered ? PACKAGES_DIRECTORY : CODE_DIRECTORY,
    relative: (path) => posix.relative(base, path),
  };
}

/** The folder whose node_modules a path is in: a base within a package would not keep the names that Node looks for. */
function beforePackages(path: string): string {
  const at = path.indexOf('/node_modules/');
  return at === -1 ? posix.dirname(path) : path.slice(0, at) || '/';
}
