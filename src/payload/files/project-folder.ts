import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/**
 * The folder that packing reads below, unless `root` names another: the repository that a module is in, or else the outermost package, or
 * else the module's own folder. The home folder and those above it are never taken for a project.
 */
export function projectFolder(path: string): string {
  let outermost: string | null = null;
  for (let folder = outsideOfPackages(dirname(path)); !isAboveHome(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (existsSync(join(folder, 'package.json'))) outermost = folder;
  }
  return outermost ?? outsideOfPackages(dirname(path));
}

/** A module of a package belongs to the project that the package is installed in. */
function outsideOfPackages(folder: string): string {
  const at = folder.indexOf('/node_modules/');
  return at === -1 ? folder : folder.slice(0, at) || '/';
}

/** The root, the home folder, or a folder the home folder is in. */
function isAboveHome(folder: string): boolean {
  const path = relative(folder, homedir());
  return folder === dirname(folder) || path === '' || !path.startsWith('..');
}

/** The deepest folder that all of the folders are in. */
export function commonFolder(folders: readonly string[]): string {
  const [first = '/', ...others] = folders;
  let common = first.split('/');
  for (const folder of others) {
    const parts = folder.split('/');
    const different = common.findIndex((part, index) => part !== parts[index]);
    if (different !== -1) common = common.slice(0, different);
  }
  return common.join('/') || '/';
}
