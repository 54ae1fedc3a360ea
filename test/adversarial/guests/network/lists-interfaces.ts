import { readFileSync } from 'node:fs';

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    // No IPv6.
    return [];
  }
}

/** Interfaces, with an address or without, and routes that lead off the loopback: IPv6, where it is on, has one to the own address. */
export default function listsInterfaces(): { interfaces: string[]; routes: string[]; routes6: string[] } {
  const [, , ...devices] = linesOf('/proc/net/dev');
  const [, ...routes] = linesOf('/proc/net/route');
  const routes6 = linesOf('/proc/net/ipv6_route').map((line) => line.trim().split(/\s+/).at(-1) ?? '');
  return {
    interfaces: devices.map((line) => line.split(':', 1)[0]?.trim() ?? ''),
    routes,
    routes6: [...new Set(routes6)].filter((device) => device !== 'lo'),
  };
}
