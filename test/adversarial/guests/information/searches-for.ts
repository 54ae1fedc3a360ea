import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { spreadSecret } from './spread-secret.js';

/** Of files that never end, or are the machine's memory, as much as that. */
const MOST_BYTES = 2 ** 20;
const bytes = Buffer.alloc(MOST_BYTES);

/** Folders without end: a thread's folder has the whole network, the process's root the whole container. */
const skipped = /\/(task|root|cwd|net)$/;

function contentOf(file: string): Buffer {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      let length = 0;
      for (let read = 1; read > 0 && length < MOST_BYTES; length += read)
        read = readSync(descriptor, bytes, length, MOST_BYTES - length, null);
      return bytes.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** The names in a folder, as paths, and those in its folders. */
function pathsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() && !skipped.test(path) ? [path, ...pathsIn(path)] : [path];
    });
  } catch {
    return [];
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

/**
 * Looks for these words in all names and files below these folders, and tells where each was found. The first is its own, which it puts
 * in such places. They are given backwards, as its arguments are not what is to be found.
 */
export default async function searchesFor(
  backwards: string[],
  folders: string[],
): Promise<{ searched: number; found: { [word: string]: string[] } }> {
  const words = backwards.map((word) => word.split('').reverse().join(''));
  const child = await spreadSecret(words[0] ?? '');
  const paths = folders.flatMap(pathsIn);
  const found: { [word: string]: string[] } = Object.fromEntries(backwards.map((word) => [word, []]));
  for (const path of paths) {
    const target = targetOf(path);
    // Its own memory is where it has the words from; what is taken out of its own pipes, libuv waits for.
    const isRead = !/^\/proc\/[^/]+\/mem$/.test(path) && !target.startsWith('pipe:');
    const content = isRead ? contentOf(path) : Buffer.alloc(0);
    words.forEach((word, index) => {
      const isThere = [path, target, content].some((place) => place.includes(word));
      if (isThere) found[backwards[index] ?? '']?.push(path);
    });
  }
  child.kill('SIGKILL');
  return { searched: paths.length, found };
}
