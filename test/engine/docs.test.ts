import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';
import { isAsDocumented, readSnippets, type Snippet } from '../support/snippets.js';

/** Every snippet of README.md and docs/ as a reader would run it: in a project of its own that has nisher installed. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const tsx = import.meta.resolve('tsx');
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];
const project = mkdtempSync(join(tmpdir(), 'nisher-docs-'));

const { test, before, after } = suite('docs');

before(async () => {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  installNisher();
  for (const page of pages) {
    mkdirSync(folderOf(page), { recursive: true });
    for (const snippet of snippetsOf(page)) {
      mkdirSync(dirname(pathOf(page, snippet)), { recursive: true });
      writeFileSync(pathOf(page, snippet), snippet.code);
    }
  }
  // A call that has to make the image first says so, which no page shows.
  assert.is((await run(['nisher', 'image', 'build'], project)).exitCode, 0);
});

after(async () => {
  rmSync(project, { recursive: true, force: true });
  assert.equal(await leftovers(), []);
});

test(
  'the TypeScript of all pages has no type errors',
  async () => {
    writeFileSync(
      join(project, 'tsconfig.json'),
      // Not by `extends`, which packing refuses where it leads out of the project.
      JSON.stringify({ compilerOptions: { ...projectOptions(), ...typeOptions }, include: ['pages'] }),
    );
    assert.equal(await run([process.execPath, tsc, '-p', project], project), { output: '', exitCode: 0 });
  },
  { timeoutInS: 180 },
);

for (const page of pages) {
  for (const snippet of snippetsOf(page)) {
    const title = `${page}:${snippet.line}`;
    if (snippet.run) test(title, () => checkRun(page, snippet), { timeoutInS: 120 });
    else if (snippet.language === 'sh') {
      test(`${title} is shell`, async () => {
        assert.equal(await run(['sh', '-n', pathOf(page, snippet)], project), { output: '', exitCode: 0 });
      });
    }
  }
}

async function checkRun(page: string, snippet: Snippet): Promise<void> {
  const { output, exitCode } = await run(commandFor(snippet, pathOf(page, snippet)), folderOf(page));
  assert.is(exitCode, 0, `exit code ${exitCode}\n${output}`);
  if (!isAsDocumented(output, snippet.output ?? '')) assert.is(output, snippet.output ?? '');
}

function commandFor({ language }: Snippet, path: string): string[] {
  if (language === 'ts' || language === 'js') return [process.execPath, '--import', tsx, path];
  if (language === 'sh') return ['sh', path];
  throw new Error(`Nothing here runs a snippet in \`${language}\``);
}

function snippetsOf(page: string): Snippet[] {
  return readSnippets(readFileSync(join(root, page), 'utf8'));
}

function folderOf(page: string): string {
  return join(project, 'pages', basename(page, '.md'));
}

function pathOf(page: string, { file, line, language }: Snippet): string {
  return join(folderOf(page), file ?? `line-${line}.${language}`);
}

/** The checkout as a package: its sources instead of what they are compiled to, so that no build has to come first. */
function installNisher(): void {
  const folder = join(project, 'node_modules/nisher');
  mkdirSync(folder, { recursive: true });
  for (const name of ['src', 'runner-image']) symlinkSync(join(root, name), join(folder, name));
  const exports = { '.': './src/index.ts', './guest': './runner-image/guest/limit-signal.ts' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'nisher', type: 'module', exports }));
  const command = join(project, 'bin/nisher');
  mkdirSync(dirname(command));
  const line = `exec '${process.execPath}' --import '${tsx}' '${join(root, 'src/cli/bin.ts')}' "$@"`;
  writeFileSync(command, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

/** The project's own options. */
function projectOptions(): object {
  return (JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { compilerOptions: object }).compilerOptions;
}

const typeOptions = { erasableSyntaxOnly: false, noUnusedLocals: false, typeRoots: [join(root, 'node_modules/@types')] };

/** Runs a program with stdout and stderr on one file, in the order in which a terminal would show them. */
async function run([program = '', ...args]: string[], cwd: string): Promise<{ output: string; exitCode: number | null }> {
  const path = join(project, 'output');
  const file = openSync(path, 'w');
  const env = { ...process.env, PATH: `${join(project, 'bin')}:${process.env.PATH}` };
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', file, file] });
  closeSync(file);
  const exitCode = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
  return { output: readFileSync(path, 'utf8'), exitCode };
}
