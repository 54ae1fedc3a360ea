import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { nearestPackageJson } from './source-files.js';

/** Folders whose files a function may bring along as assets: the project of each source, else the folder of the sources. */
export function projectFolders(sources: readonly string[]): string[] {
  const folders = new Set(sources.map((path) => projectFolder(path) ?? commonFolder(sources)));
  return [...folders];
}

/** The repository, or else the outermost package, that `path` is in; the home folder is neither. */
function projectFolder(path: string): string | null {
  let outermost: string | null = null;
  for (let folder = dirname(path); !isAboveHome(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (existsSync(join(folder, 'package.json'))) outermost = folder;
  }
  const nearest = nearestPackageJson(path);
  return outermost ?? (nearest && !isAboveHome(dirname(nearest)) ? dirname(nearest) : null);
}

/** The root, the home folder, or a folder the home folder is in. */
function isAboveHome(folder: string): boolean {
  const path = relative(folder, homedir());
  return folder === dirname(folder) || path === '' || !path.startsWith('..');
}

/** The deepest folder that all of the files are in. */
export function commonFolder(files: readonly string[]): string {
  const [first = '/', ...others] = files;
  let common = dirname(first).split(sep);
  for (const file of others) {
    const parts = dirname(file).split(sep);
    const different = common.findIndex((part, index) => part !== parts[index]);
    if (different !== -1) common = common.slice(0, different);
  }
  return common.join(sep) || sep;
}
