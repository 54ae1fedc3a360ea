import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';

/** Folders that /proc and /sys make up, by the ten thousand: what is in them is tried by other guests. And those of its own code. */
const skipped = /^\/(proc|sys|app)\/./;

function foldersIn(folder: string): string[] {
  if (skipped.test(folder)) return [];
  try {
    const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [folder, ...inside.flatMap(({ name }) => foldersIn(`${folder === '/' ? '' : folder}/${name}`))];
  } catch {
    return [folder];
  }
}

function canWrite(folder: string): boolean {
  try {
    writeFileSync(`${folder}/written`, '');
    unlinkSync(`${folder}/written`);
    return true;
  } catch {
    return false;
  }
}

/** Every folder in which a file can be made. */
export default function writesEverywhere(): string[] {
  return foldersIn('/').filter(canWrite).sort();
}
