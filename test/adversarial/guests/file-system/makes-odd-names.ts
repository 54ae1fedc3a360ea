import { readdirSync, writeFileSync } from 'node:fs';

/** Names of bytes that are no UTF-8, of control characters, and as long as they may be. */
export default function makesOddNames(): Buffer[] {
  for (const name of [
    Buffer.from([0xff, 0xfe, 0x80]),
    Buffer.from('\n\x1b[2J\r'),
    Buffer.alloc(255, 'x'),
    Buffer.from('-rf *'),
  ])
    writeFileSync(Buffer.concat([Buffer.from('/app/'), name]), '');
  const names = readdirSync(Buffer.from('/app'), { encoding: 'buffer' });
  return names.filter((name) => /^(?:\xff|\n|x{255}|-rf)/.test(name.toString('latin1'))).sort(Buffer.compare);
}
