import { symlinkSync } from 'node:fs';

/** Links in the places where the engine or the host might follow them. */
export default function leavesLinks(): string {
  for (const folder of ['/tmp', '/app', '/dev/shm'])
    for (const target of ['/', '/etc/passwd', '/proc/1/root', '../../../../../../etc'])
      symlinkSync(target, `${folder}/${target.replaceAll('/', '-')}`);
  return 'left';
}
