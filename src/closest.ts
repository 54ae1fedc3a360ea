import { closest, distance } from 'fastest-levenshtein';

/**
 * The candidate that was probably meant, for "did you mean": one of the same letters, or the nearest by edit distance when it differs in at most a third of
 * its letters (case and underscores aside, so that the seed's `mem_in_mb` finds `memInMb`); undefined when none is near.
 */
export function closestTo(given: string, candidates: readonly string[]): string | undefined {
  const plain = (name: string) => name.replaceAll(/[_-]/g, '').toLowerCase();
  const letters = (name: string) => [...plain(name)].sort().join('');
  if (candidates.length === 0 || given.length > 100) return undefined;
  // Two letters that changed places (`rnu`) are two edits.
  const transposed = candidates.find((candidate) => letters(candidate) === letters(given));
  if (transposed !== undefined) return transposed;
  const nearest = closest(plain(given), candidates.map(plain));
  if (distance(plain(given), nearest) > Math.max(1, Math.floor(nearest.length / 3))) return undefined;
  return candidates.find((candidate) => plain(candidate) === nearest);
}
