import { closeSync, openSync, readdirSync, statSync } from 'node:fs';

/** What its own processes show is theirs to write. */
const ofProcesses = /^\/proc\/(\d+|self|thread-self|sys)$/;

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (ofProcesses.test(path)) return [];
      return entry.isDirectory() ? filesIn(path) : [path];
    });
  } catch {
    return [];
  }
}

/** In the place of what the engine masks lies the null device, which everybody may write to. */
const nullDevice = statSync('/dev/null').rdev;

function canOpenToWrite(file: string): boolean {
  try {
    if (statSync(file).rdev === nullDevice) return false;
    closeSync(openSync(file, 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** Files below these folders that can be opened to write; and whether there are any to speak of. */
export default function touchesKernelFiles(folders: string[]): { tried: boolean; writable: string[] } {
  const files = folders.flatMap(filesIn);
  return { tried: files.length > 20, writable: files.filter(canOpenToWrite) };
}
