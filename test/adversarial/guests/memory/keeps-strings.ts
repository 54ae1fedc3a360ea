/** Strings that differ, so that none stands for another. */
export default function keepsStrings(): never {
  for (const kept: string[] = []; ; ) kept.push(`${kept.length} `.repeat(1000) + kept.length);
}
