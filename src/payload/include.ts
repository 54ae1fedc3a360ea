import { join, relative } from 'node:path';
import type { Gate } from './files/gate.js';
import { type Glob, makeGlob } from './files/glob.js';
import { walkFolder } from './files/walk-folder.js';
import { PackError } from './payload.js';
import type { Show } from './sources/source-names.js';

/** The globs of `include`. */
export interface Include {
  /** The files that they name. @throws PackError for one that names no file. */
  files(): string[];
  /** Whether a `!glob` leaves out a file that code names only by its path. */
  excludes(path: string): boolean;
}

export function openInclude(gate: Gate, show: Show, patterns: readonly string[]): Include {
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => makeGlob(each.slice(1)));
  const wanted = patterns.filter((each) => !each.startsWith('!'));
  const excludes = (path: string) => excluded.some((glob) => glob.matches(relative(gate.root, path)));

  function filesOf(pattern: string): string[] {
    const at = join(gate.root, pattern);
    const seen = gate.look(at);
    if (seen.kind === 'file') return [at];
    if (seen.kind === 'refused')
      throw new PackError(`\`include\` names \`${pattern}\`, which ${seen.why}`, 'Name a file below the root');
    // A folder stands for all that is in it.
    if (seen.kind === 'folder') return matching(makeGlob(`${pattern}/**`), pattern);
    if (!/[*?{]/.test(pattern)) {
      throw new PackError(
        `\`include\` names \`${pattern}\`, which is not in ${show(gate.root)}`,
        'Correct the path: it is relative to the root',
      );
    }
    return matching(makeGlob(pattern), pattern);
  }

  function matching(glob: Glob, pattern: string): string[] {
    const namesPackages = pattern.split('/').includes('node_modules');
    const files = walkFolder(gate, join(gate.root, glob.base), {
      skip: (name) => name === 'node_modules' && !namesPackages,
      wants: (path) => glob.matches(relative(gate.root, path)),
      askedBy: () => `\`include: ['${pattern}']\``,
    });
    if (files.length > 0) return files;
    throw new PackError(
      `\`include: ['${pattern}']\` matches no file in ${show(gate.root)}`,
      'Correct the glob: it is relative to the root, and knows `*`, `?`, `**` and `{a,b}`',
    );
  }

  return {
    files: () => wanted.flatMap(filesOf).filter((path) => !excludes(path)),
    excludes,
  };
}
