import { lookup } from 'node:dns/promises';
import { closeSync, ftruncateSync, openSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

export const surroundings = {
  writes: (path: string) => writeFileSync(path, ''),
  sparse: () => {
    const file = openSync('/tmp/sparse', 'w');
    ftruncateSync(file, 2 ** 40);
    closeSync(file);
    return statSync('/tmp/sparse').size;
  },
  manyFiles: (count: number) => {
    for (let number = 0; number < count; number++) writeFileSync(`/tmp/${number}`, '');
    return count;
  },
  connects: () =>
    new Promise((resolve, reject) => {
      connect(9, '127.0.0.1').on('error', reject).on('connect', resolve);
    }),
  looksUp: () => lookup('nisher.invalid'),
  looksAround: () => [Object.keys(networkInterfaces()), Object.keys(process.env).sort(), process.getuid?.()],
  becomesRoot: () => process.setuid?.(0),
};
