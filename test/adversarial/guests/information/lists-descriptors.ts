import { readdirSync, readlinkSync } from 'node:fs';

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return 'closed';
  }
}

/** Kinds of what every process it can see has open. */
export default function listsDescriptors(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const links = pids.flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).map((name) => targetOf(`/proc/${pid}/fd/${name}`));
    } catch {
      return [];
    }
  });
  return [...new Set(links.map((target) => target.replace(/:.*/, '')))].sort();
}
