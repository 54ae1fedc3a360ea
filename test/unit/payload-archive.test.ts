import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { unpackTo } from '../../runner-image/unpack.js';
import { type ArchiveEntry, makeArchive } from '../../src/payload/archive.js';
import type { Payload } from '../../src/payload/payload.js';
import { list, makeProject } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';

const { test } = suite('archive');

const file = (content: string, executable = false): ArchiveEntry => ({
  kind: 'file',
  content: Buffer.from(content),
  executable,
});

test('the same entries in any order make the same bytes', async () => {
  const entries: [string, ArchiveEntry][] = [
    ['b/c.js', file('c')],
    ['a.js', file('a', true)],
    ['l', { kind: 'symlink', target: 'b/c.js' }],
    [`${'long/'.repeat(60)}ü.js`, file('')],
  ];
  const [one, two] = await Promise.all([makeArchive(new Map(entries)), makeArchive(new Map(entries.toReversed()))]);
  assert.is(one.digest, two.digest);
  assert.ok(Buffer.compare(one.archive, two.archive) === 0);
  const names = await list(one as Payload);
  assert.equal(
    [names[0], names[1], names.at(-1), names.length],
    ['a.js', 'b/', `${'long/'.repeat(60)}ü.js`.replace('ü', '\\303\\274'), 65],
  );
});

test('names and links of any length are unpacked as they are, however the bytes are cut', async () => {
  // ustar has 100 characters, and 155 more for folders; pnpm's folders have up to 120 in one name.
  const lengths = [90, 99, 100, 101, 120, 155, 156, 255];
  const names = lengths.flatMap((length) => [
    `f/${'n'.repeat(length - 3)}.js`,
    `d${length}/${'p'.repeat(Math.min(length, 250))}/node_modules/x/i.js`,
    `ü${'ü'.repeat(Math.floor(length / 3))}/é 😀.js`,
    `deep/${'d/'.repeat(length)}end.js`,
  ]);
  const entries = new Map<string, ArchiveEntry>(names.map((name) => [name, file(name)]));
  for (const length of lengths) entries.set(`link${length}`, { kind: 'symlink', target: `t/${'l'.repeat(length)}` });
  const { archive } = await makeArchive(entries);
  for (const cut of [archive.length, 1, 511, 4096]) {
    const folder = mkdtempSync(join(tmpdir(), 'nisher-unpack-'));
    try {
      const unpacker = unpackTo(folder);
      for (let at = 0; at < archive.length; at += cut) unpacker.push(archive.subarray(at, at + cut));
      unpacker.end();
      for (const name of names) assert.is(readFileSync(join(folder, name), 'utf8'), name);
      for (const length of lengths) assert.is(readlinkSync(join(folder, `link${length}`)), `t/${'l'.repeat(length)}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

test('room: whole pages for each file, one more for each entry', async () => {
  const base = (await makeArchive(new Map())).unpackedInBytes;
  const room = async (entries: [string, ArchiveEntry][]) => (await makeArchive(new Map(entries))).unpackedInBytes - base;
  assert.is(await room([['a', file('')]]), 4096);
  assert.is(await room([['a', file('x')]]), 8192);
  assert.is(await room([['d/a', file('x'.repeat(4097))]]), 4096 + 4096 + 8192);
  assert.is(await room([['l', { kind: 'symlink', target: 'a' }]]), 4096);
});

test('the same project in two folders has the same digest', async () => {
  const files = {
    'package.json': '{ "type": "module" }',
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
    'src/main.ts': `import { x } from '@/x'; import dep from 'dep'; import data from './d.json'; import { readFileSync } from 'node:fs';
      export default () => [x, dep, data, readFileSync(new URL('a.txt', import.meta.url)), import('./c.cjs')]`,
    'src/x.ts': 'export enum x { A }',
    'src/c.cts': 'export default 1',
    'src/d.json': '{}',
    'src/a.txt': 'a',
    'node_modules/dep/index.js': '',
  };
  const [one, two] = [makeProject(files), makeProject(files)];
  const digests = [await one.pack('src/main.ts'), await two.pack('src/main.ts')].map(({ digest }) => digest);
  one.remove();
  two.remove();
  assert.match(digests[0] ?? '', /^[0-9a-f]{64}$/);
  assert.is(digests[0], digests[1]);
});
