import { extname } from 'node:path';

/** How a path of this machine is shown in messages. */
export type Show = (path: string) => string;

/** TypeScript's convention: code names a file as it will be called once compiled. */
const sourceExtensions: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.jsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
};

/** The files that a path may name: itself, and the sources that it may be compiled from. */
export function sourceNames(path: string): string[] {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  return [path, ...(sourceExtensions[extension] ?? []).map((each) => stem + each)];
}
