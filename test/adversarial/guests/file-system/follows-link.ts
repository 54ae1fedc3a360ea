import { symlinkSync, writeFileSync } from 'node:fs';

/** Writes through a link. */
export default function followsLink(target: string): void {
  symlinkSync(target, '/tmp/link');
  writeFileSync('/tmp/link', 'x');
}
