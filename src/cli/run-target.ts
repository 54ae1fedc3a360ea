import { dirname, resolve } from 'node:path';
import type { ModuleFunction } from '../index.js';
import { fromModule } from '../targets/from-module.js';
import { fromSourceOf, MAX_SOURCE_TEXT_IN_BYTES } from '../targets/from-source.js';
import type { SourceFunction } from '../targets/target.js';
import type { Target } from './target.js';
import { UsageError } from './usage-error.js';

/** Options of `nisher run` that say what travels. */
export interface TravelOptions {
  readonly root: string | undefined;
  readonly include: readonly string[];
  readonly packages: readonly string[];
  readonly packTimeInS: number | undefined;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** The function that is called: of a module of the user's, or of source text that anybody may have written. */
export async function targetOf(
  { path, exportName }: Target,
  isForeign: boolean,
  { root, include, packages, packTimeInS }: TravelOptions,
): Promise<ModuleFunction<AnyFunction> | SourceFunction<AnyFunction>> {
  const folder = root === undefined ? undefined : resolve(root);
  const travels = { include, packages, ...(packTimeInS !== undefined && { packTimeInS }) };
  if (path === null) {
    const given = { text: await readText(process.stdin) };
    // Files are named from where the user is: the text is nowhere.
    return fromSourceOf(given, { exportName, ...travels, root: folder ?? process.cwd() });
  }
  if (isForeign) return fromSourceOf({ file: path }, { exportName, ...travels, root: folder ?? dirname(path) });
  return fromModule(path, exportName, { ...travels, ...(folder !== undefined && { root: folder }) });
}

/** @throws UsageError for more than a source text may have; the rest is not read. */
async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MAX_SOURCE_TEXT_IN_BYTES) {
      throw new UsageError(
        `The text on stdin has more than ${MAX_SOURCE_TEXT_IN_BYTES} bytes`,
        'Pass data as an argument, or in a file with --include',
      );
    }
  }
  return Buffer.concat(pieces).toString('utf8');
}
