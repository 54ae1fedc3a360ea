import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { esbuildProgram } from '../../../runner-image/esbuild-program.js';
import { prepareSource } from '../../../runner-image/source/index.js';
import { findSyntaxError } from '../../../runner-image/source/syntax-error.js';
import { fromSource } from '../../../src/targets/from-source.js';
import type { Fuzzed } from '../fuzzed.js';

const pieces = fc.constantFrom(
  'import x from "',
  "import('",
  'export default ',
  'export * from "./lib.ts"',
  './lib',
  '../../../etc/passwd',
  'node:fs',
  'lodash',
  '"',
  "'",
  '`',
  '${',
  '}',
  '(',
  ')',
  '{',
  ';',
  '\n',
  ' ',
  'enum E { A = 1 }',
  'namespace N { export const x = 1 }',
  '<T,>(x: T) => x',
  '@d class C {}',
  '//# sourceMappingURL=data:application/json;base64,e30=',
  '//# sourceMappingURL=/etc/passwd',
  '/*',
  '*/',
  '#!/bin/sh\n',
  'await ',
  '\0',
  '\ud800',
  '\u2028',
  '\ufeff',
  '1',
  'require("./lib")',
);
const source = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
  fc.string({ maxLength: 40 }),
);
const compiler = esbuildProgram(`${process.platform}-${process.arch}`) ?? 'esbuild';

/** Whatever the text is, it is made ready or a problem with a place is told; nothing is written outside of its folder. */
export const sourceText: Fuzzed = {
  name: 'source-text',
  quickRuns: 60,
  property: fc.property(
    source,
    source,
    fc.constantFrom('main.ts', 'main.js', 'main.cjs', 'main.mts', 'main.tsx'),
    (main, lib, entry) => {
      const target = fromSource({ [entry]: main, 'lib.ts': lib });
      const outer = realpathSync(mkdtempSync(join(tmpdir(), 'nisher-source-')));
      const folder = join(outer, 'app');
      try {
        writeTexts(folder, target.files);
        const job = { language: 'auto' as const, files: Object.keys(target.files), packages: [] };
        const prepared = prepareSource(folder, entry, job, compiler);
        if (prepared.kind === 'problem') {
          assert.match(prepared.place, /^(?:main|lib)\./);
          assert.type(prepared.problem, 'string');
        } else assert.match(prepared.entry, /^main\.[cm]?js$/);
        const wrong = findSyntaxError(folder, job.files, 'said by Node');
        assert.ok(wrong === null || /^(?:main|lib)\.\w+:\d+:\d+$/.test(wrong.place), wrong?.place);
        assert.equal(readdirSync(outer), ['app']);
        return true;
      } finally {
        rmSync(outer, { recursive: true, force: true });
      }
    },
  ),
};

function writeTexts(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
}
