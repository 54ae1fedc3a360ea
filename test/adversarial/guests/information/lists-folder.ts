import { readdirSync } from 'node:fs';

/** The names in it. */
export default function listsFolder(folder: string): string[] {
  return readdirSync(folder).sort();
}
