/**
 * What makes source text ready to be loaded, in the container and under the call's limits: a program of its own, loaded for source text
 * only, before any of it runs.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceJob } from '../../src/wire/protocol.js';
import { compileTypeScript, outputName } from './compile-typescript.js';
import { hasModuleSyntax, linkImports } from './link-imports.js';
import type { Problem } from './problem.js';

/** The module to load, relative to the folder; or why there is none. */
export type Prepared = { kind: 'ready'; entry: string } | ({ kind: 'problem' } & Problem);

/** @param compiler Path of the image's esbuild. */
export function prepareSource(folder: string, entry: string, job: SourceJob, compiler: string): Prepared {
  const typescript = job.files.filter((file) => outputName(file) !== file);
  const problem = compileTypeScript(folder, typescript, compiler);
  if (problem !== null) return { kind: 'problem', ...problem };
  const loaded = outputName(entry);
  writeType(folder, loaded, job);
  for (const file of job.files) {
    const wrong = linkImports(folder, file, outputName(file), job);
    if (wrong !== null) return { kind: 'problem', ...wrong };
  }
  return { kind: 'ready', entry: loaded };
}

/** Tells Node what `.js` is, unless the text has a package.json of its own. */
function writeType(folder: string, entry: string, { language }: SourceJob): void {
  const path = join(folder, 'package.json');
  if (existsSync(path)) return;
  const isModule = language === 'auto' ? hasModuleSyntax(folder, entry) : language !== 'cjs';
  writeFileSync(path, `{ "type": "${isModule ? 'module' : 'commonjs'}" }\n`);
}
