import { join } from 'node:path';
import { BoundError } from '../payload.js';
import { MAX_FOLDER_DEPTH, MAX_MATCHES } from './bounds.js';
import type { Gate } from './gate.js';

export interface WalkOptions {
  /** Whether a folder or file of that name, in that folder, is left out. */
  readonly skip: (name: string, folder: string) => boolean;
  /** Whether a file counts. @default every file */
  readonly wants?: (path: string) => boolean;
  /** Whether folders in the folder count, too. @default true */
  readonly isDeep?: boolean;
  /** For messages: what asked for these files, such as `The path in src/main.ts:3:8`. */
  readonly askedBy: () => string;
}

/**
 * The regular files below a folder, in the order of their names. A link to a file counts where the gate lets it through; a link to a
 * folder is never followed, so that no loop of links is.
 * @throws BoundError when there are more files than `MAX_MATCHES` or more levels than `MAX_FOLDER_DEPTH`.
 */
export function walkFolder(
  gate: Gate,
  folder: string,
  { skip, wants = () => true, isDeep = true, askedBy }: WalkOptions,
): string[] {
  const found: string[] = [];
  const pending: [folder: string, depth: number][] = [[folder, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [current, depth] = next;
    if (depth > MAX_FOLDER_DEPTH) {
      throw new BoundError(`${askedBy()} leads through more than ${MAX_FOLDER_DEPTH} folders within one another`, wayOut);
    }
    for (const { name, kind } of gate.list(current)) {
      if (skip(name, current)) continue;
      const path = join(current, name);
      if (kind === 'folder' && isDeep) pending.push([path, depth + 1]);
      const isFile = kind === 'file' || (kind === 'link' && gate.look(path).kind === 'file');
      if (!isFile || !wants(path)) continue;
      found.push(path);
      if (found.length > MAX_MATCHES) {
        throw new BoundError(`${askedBy()} stands for more than ${MAX_MATCHES} files`, wayOut);
      }
    }
  }
  return found.sort();
}

const wayOut = "Name a smaller folder, or leave some out with `include: ['!folder/**']`";

/** Folders that are never meant by a pattern or a folder that code names: packages travel by themselves, and a name with a dot is hidden. */
export function isHiddenOrPackages(name: string): boolean {
  return name === 'node_modules' || name.startsWith('.');
}
