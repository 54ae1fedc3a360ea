import { basename, dirname, join } from 'node:path';
import { closestTo } from '../../closest.js';
import { MAX_MODULE_IN_BYTES } from '../files/bounds.js';
import type { Gate } from '../files/gate.js';
import { packageNameOf } from '../packages/find-package.js';
import { PackError } from '../payload.js';
import { type Compiled, positionInSource } from './compile.js';
import type { CompileError } from './compiler.js';
import { parseJsonc } from './parse-jsonc.js';
import type { Reference } from './shape.js';
import type { Show } from './source-names.js';
import type { TsConfig } from './tsconfig.js';

/** Messages about sources. They quote lines of sources only, which are below the root. */
export interface SourceProblems {
  /** `src/main.ts:3:8`. */
  placeOf(source: Compiled, offset: number): string;
  doesNotCompile(path: string, error: CompileError): PackError;
  missingImport(source: Compiled, reference: Reference): PackError;
  refusedImport(source: Compiled, reference: Reference, target: { readonly why: string }): PackError;
  wrongJson(path: string, bytes: Buffer): Promise<PackError>;
  /** @throws PackError for decorators that need metadata, which the compiler does not make. */
  checkDecorators(source: Compiled, config: TsConfig): void;
}

/** @param show How a path is shown. */
export function makeSourceProblems(gate: Gate, show: Show): SourceProblems {
  function textLine(path: string, line: number): string {
    return gate.read(path, MAX_MODULE_IN_BYTES).toString('utf8').split('\n')[line - 1] ?? '';
  }

  function quote(path: string, line: number, column: number): string {
    const text = textLine(path, line);
    if (text.trim() === '') return '';
    // Minified code has lines of any length.
    const start = Math.max(0, column - 1 - 60);
    return `\n    ${text.slice(start, start + 120)}\n    ${' '.repeat(Math.max(0, column - 1 - start))}^`;
  }

  function at(source: Compiled, offset: number): { place: string; quoted: string } {
    const { line, column } = positionInSource(source, offset);
    return { place: `${show(source.path)}:${line}:${column}`, quoted: quote(source.path, line, column) };
  }

  return {
    placeOf: (source, offset) => at(source, offset).place,
    doesNotCompile(path, { message, line, column }) {
      return new PackError(
        `${show(path)}:${line}:${column}: ${message}${quote(path, line, column)}`,
        'The module must compile before it can be called',
      );
    },
    missingImport(source, { specifier, range, from }) {
      const { place, quoted } = at(source, range.start);
      const text = `${place}: cannot find \`${specifier}\`, which the module imports${quoted}`;
      if (!/^[./#]/.test(specifier)) return new PackError(text, hintForPackage(gate, source.path, specifier));
      const near = closestTo(basename(specifier), namesIn(gate, dirname(join(dirname(from), specifier))));
      return new PackError(text, near === undefined ? 'Correct the path of the import' : `Did you mean \`${near}\`?`);
    },
    refusedImport(source, { specifier, range }, { why }) {
      const { place } = at(source, range.start);
      return new PackError(`${place}: \`${specifier}\` ${why}, and does not travel`, 'Set `root` to a folder that holds both');
    },
    async wrongJson(path, bytes) {
      const { line, column } = await firstMistake(bytes.toString('utf8'));
      return new PackError(
        `${show(path)}:${line}:${column}: is not JSON${quote(path, line, column)}`,
        'Correct the file; JSON has no comments and no trailing commas',
      );
    },
    checkDecorators({ path, code }, { compilerOptions }) {
      if (compilerOptions.emitDecoratorMetadata !== true || !/\b__decorateClass\(/.test(code)) return;
      throw new PackError(
        `${show(path)} has decorators, and tsconfig.json sets emitDecoratorMetadata: esbuild, which compiles it, does not emit that`,
        'Compile the project with tsc and give the compiled module, or remove emitDecoratorMetadata if no decorator reads it',
      );
    },
  };
}

function hintForPackage(gate: Gate, importer: string, specifier: string): string {
  if (/^[a-z]+:/.test(specifier)) return 'Node.js has no such module: import it only where it is there, with import()';
  if (hasPlugAndPlay(gate, dirname(importer))) {
    return "Yarn's Plug'n'Play keeps packages in zip files, which nisher does not read: set `nodeLinker: node-modules` in .yarnrc.yml, then run yarn install";
  }
  return `Install the package: npm install ${packageNameOf(specifier)}`;
}

function hasPlugAndPlay(gate: Gate, folder: string): boolean {
  if (gate.look(join(folder, '.pnp.cjs')).kind === 'file') return true;
  return folder !== gate.root && folder !== dirname(folder) && hasPlugAndPlay(gate, dirname(folder));
}

function namesIn(gate: Gate, folder: string): string[] {
  return gate.list(folder).map(({ name }) => name);
}

/** Where a text stops being JSON, as far as the parser tells. */
async function firstMistake(text: string): Promise<{ line: number; column: number }> {
  try {
    await parseJsonc(text);
  } catch (error) {
    const { loc } = error as { loc?: { line: number; column: number } };
    if (loc !== undefined) return { line: loc.line, column: loc.column + 1 };
  }
  return { line: 1, column: 1 };
}
