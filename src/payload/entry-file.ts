import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { closestTo } from '../closest.js';
import { statOrNull } from './files/fingerprint.js';
import { PackError } from './payload.js';
import { type Show, sourceNames } from './sources/source-names.js';

/**
 * The real path of the module that was named: itself, or the TypeScript source that it is compiled from.
 * @throws PackError when there is none.
 */
export function findEntry(path: string, show: Show): string {
  const found = sourceNames(path).find((each) => statOrNull(each) !== null);
  if (found === undefined) throw missingModule(path, show);
  const stats = statOrNull(found);
  if (stats?.isDirectory()) {
    const index = sourceNames(join(found, 'index.js')).find((each) => statOrNull(each)?.isFile());
    const hint = index === undefined ? 'Give a module in it' : `Did you mean \`${show(index)}\`?`;
    throw new PackError(`${show(found)} is a folder, not a module`, hint);
  }
  if (!stats?.isFile() || !/^\.(?:[cm]?[jt]s|[jt]sx)$/.test(extname(found))) {
    throw new PackError(`${show(found)} is not a JavaScript or TypeScript module`, 'Give the file that exports the function');
  }
  return realpathSync.native(found);
}

function missingModule(path: string, show: Show): PackError {
  const name = basename(path);
  const near = closestTo(
    name,
    namesIn(dirname(path)).filter((each) => each !== name),
  );
  const hint = near === undefined ? 'Check the path' : `Did you mean \`${near}\` in the same folder?`;
  return new PackError(`There is no module ${show(path)}`, hint);
}

/** The module has no such export, as its declarations tell. */
export function missingExport(shownPath: string, exportName: string, exports: readonly string[]): PackError {
  const near = closestTo(exportName, exports);
  const list = exports.length === 0 ? 'It exports nothing' : `It exports ${exports.map((each) => `\`${each}\``).join(', ')}`;
  return new PackError(
    `Module ${shownPath} has no export \`${exportName}\`. ${list}`,
    near === undefined ? 'Give the name of an exported function' : `Did you mean \`${near}\`?`,
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
