import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export default async () => {
  const folder = dirname(createRequire(import.meta.url).resolve('typescript-native/package.json'));
  writeFileSync('/tmp/b.ts', 'const n: number = [1, 2].map(String)[0];');
  const words = [join(folder, 'bin/tsc'), '--noEmit', '--strict', '/tmp/b.ts'];
  const { stdout } = await new Promise((resolve) => execFile(process.execPath, words, (_, out) => resolve({ stdout: out })));
  return /TS\d+/.exec(stdout)?.[0];
};
