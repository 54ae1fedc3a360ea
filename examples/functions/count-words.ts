import { readFile } from 'node:fs/promises';

/** How often each word occurs in a file. */
export async function countWords(path: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const word of (await readFile(path, 'utf8')).split(/\W+/)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
