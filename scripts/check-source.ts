/** Checks of the source that neither the compiler nor the linter makes: import directions, unused exports, dropped promises, length. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { checkExports, relative } from './check-exports.js';
import { checkImports, findImports } from './check-imports.js';
import { checkPromises } from './check-promises.js';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
// What the package and its container are entered by.
const entries = new Set([
  'src/index.ts',
  'src/cli/bin.ts',
  'runner-image/guest/index.ts',
  'runner-image/guest/limit-signal.ts',
]);
// A file of more lines is two jobs.
const maxLines = 300;

process.chdir(root);
const config = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  {},
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
);
if (config === undefined) throw new Error('tsconfig.json cannot be read');
const program = ts.createProgram(config.fileNames, config.options);
const sources = program.getSourceFiles().filter((file) => !file.isDeclarationFile);
const shipped = (path: string) => path.startsWith('src/') || path.startsWith('runner-image/');

const problems = [
  ...checkImports(sources.map((file) => ({ path: relative(program, file), imports: findImports(file) }))),
  ...checkExports(program, shipped, entries),
  ...checkPromises(program, (path) => !path.startsWith('/') && !path.includes('node_modules/')),
  ...sources
    .map((file) => ({ path: relative(program, file), lines: file.getLineStarts().length - 1 }))
    .filter(({ path, lines }) => shipped(path) && lines > maxLines)
    .map(({ path, lines }) => `${path}: has ${lines} lines, more than ${maxLines}`),
];
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
