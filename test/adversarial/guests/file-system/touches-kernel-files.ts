import { closeSync, openSync, readdirSync } from 'node:fs';

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesIn(path) : [path];
    });
  } catch {
    return [];
  }
}

function canOpenToWrite(file: string): boolean {
  try {
    closeSync(openSync(file, 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** Files below these folders that can be opened to write; and how many there are. */
export default function touchesKernelFiles(folders: string[]): { tried: boolean; writable: string[] } {
  const files = folders.flatMap(filesIn);
  return { tried: files.length > 100, writable: files.filter(canOpenToWrite) };
}
