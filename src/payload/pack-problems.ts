import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { BuildFailure, Message } from 'esbuild';
import { closestTo } from '../closest.js';
import { type AddonTarget, addonTargetOf } from './native-addon.js';
import { PackError } from './payload.js';

/** The module is not there. */
export function missingModule(path: string): PackError {
  const near = closestTo(basename(path), namesIn(dirname(path)));
  const hint = near === undefined ? 'Look at the path that was given' : `Did you mean \`${near}\` in the same folder?`;
  return new PackError(`There is no module ${path}`, hint);
}

/** It is there, but it is a folder or data. */
export function noModule(path: string): PackError {
  return new PackError(`${path} is no JavaScript or TypeScript module`, 'Give the file that exports the function');
}

/** The ES module has no such export. */
export function missingExport(path: string, exportName: string, exports: readonly string[]): PackError {
  const near = closestTo(exportName, exports);
  const list = exports.length === 0 ? 'It exports nothing' : `It exports ${exports.map((each) => `\`${each}\``).join(', ')}`;
  return new PackError(
    `Module ${path} has no export \`${exportName}\`. ${list}`,
    near === undefined ? 'Give the name of an exported function' : `Did you mean \`${near}\`?`,
  );
}

/** Refuses native addons of which the container could load none: made on macOS or Windows, or for another processor. */
export async function foreignAddon(paths: Iterable<string>): Promise<PackError | null> {
  const foreign = new Map<string, { path: string; found: AddonTarget }>();
  const usable = new Set<string>();
  for (const path of paths) {
    if (!path.endsWith('.node')) continue;
    // A package may carry builds for several platforms and choose among them.
    const owner = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(path)?.[0] ?? path;
    const found = await addonTargetOf(path);
    if (found === null || (found.platform === 'linux' && found.arch === process.arch)) usable.add(owner);
    else foreign.set(owner, { path, found });
  }
  for (const [owner, { path, found }] of foreign) {
    if (usable.has(owner)) continue;
    return new PackError(
      `Native addon ${path} is built for ${found.platform}-${found.arch}, and containers here need linux-${process.arch}`,
      `Install or build it for Linux: npm install --os=linux --cpu=${process.arch}, or npm rebuild on such a machine`,
    );
  }
  return null;
}

/** What esbuild found, as one error; anything else than a failed build comes back as it is. */
export function buildProblem(error: unknown): unknown {
  const message = (error as Partial<BuildFailure> | null)?.errors?.[0];
  if (message === undefined) return error;
  const unresolved = /^Could not resolve "(.*)"/.exec(message.text)?.[1];
  return unresolved === undefined ? doesNotCompile(message, error) : unresolvable(message, unresolved, error);
}

function doesNotCompile(message: Message, cause: unknown): PackError {
  return new PackError(
    `${place(message)}: ${message.text}${quote(message)}`,
    'The module must compile before it can be called',
    {
      cause,
    },
  );
}

function unresolvable(message: Message, specifier: string, cause: unknown): PackError {
  const text = `${place(message)}: cannot find \`${specifier}\`, which the module imports${quote(message)}`;
  if (/^[./#]/.test(specifier)) {
    const path = `${message.location === null ? '' : dirname(`/${message.location.file}`)}/${specifier}`;
    const near = closestTo(basename(specifier), namesIn(dirname(path)));
    return new PackError(text, near === undefined ? 'Correct the path of the import' : `Did you mean \`${near}\`?`, { cause });
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return new PackError(text, `Install the package: npm install ${name}`, { cause });
}

function place({ location }: Message): string {
  return location === null ? 'The module' : `/${location.file}:${location.line}:${location.column + 1}`;
}

function quote({ location }: Message): string {
  if (location === null || location.lineText.trim() === '') return '';
  // Minified code has lines of any length.
  const start = Math.max(0, location.column - 60);
  const text = location.lineText.slice(start, start + 120);
  return `\n    ${text}\n    ${' '.repeat(Math.max(0, location.column - start))}^`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
