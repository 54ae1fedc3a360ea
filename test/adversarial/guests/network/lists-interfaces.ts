import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** Interfaces with an address, and the routes there are. */
export default function listsInterfaces(): { interfaces: string[]; routes: string[] } {
  const [, ...routes] = readFileSync('/proc/net/route', 'utf8').trim().split('\n');
  return { interfaces: Object.keys(networkInterfaces()), routes };
}
