import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import * as assert from 'uvu/assert';
import { checkExports } from '../../scripts/check-exports.js';
import { checkImports, findImports } from '../../scripts/check-imports.js';
import { checkPromises } from '../../scripts/check-promises.js';
import { runCommand } from '../../scripts/run-command.js';
import { suite } from '../harness.js';

const { test, after } = suite('checks of the project', { timeoutInS: 30 });
const root = fileURLToPath(new URL('../..', import.meta.url));

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A small project of these files, with the real one's dependencies and settings. */
async function project(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nisher-project-'));
  folders.push(folder);
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return folder;
}

async function programOf(files: Record<string, string>): Promise<ts.Program> {
  const folder = await project(files);
  const { options } = ts.parseJsonConfigFileContent(
    JSON.parse(await readFile(path.join(root, 'tsconfig.json'), 'utf8')),
    ts.sys,
    folder,
  );
  const names = Object.keys(files).map((name) => path.join(folder, name));
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => folder;
  return ts.createProgram(names, options, host);
}

const importsIn = (name: string, text: string) => ({
  path: name,
  imports: findImports(ts.createSourceFile(name, text, ts.ScriptTarget.ESNext)),
});

test('finds imports of every kind, and which are of types alone', () => {
  const { imports } = importsIn(
    'x.ts',
    `import './a.js';
    import b from './b.js';
    import type { C } from './c.js';
    import { type D } from './d.js';
    import { type E, e } from './e.js';
    export * from './f.js';
    export type { G } from './g.js';
    const h = await import('./h.js');
    let i: import('./i.js').I;
    import * as j from './j.js';`,
  );
  assert.equal(
    imports.map(({ specifier, typesOnly, line }) => `${line} ${specifier} ${typesOnly ? 'types' : 'values'}`),
    [
      '1 ./a.js values',
      '2 ./b.js values',
      '3 ./c.js types',
      '4 ./d.js types',
      '5 ./e.js values',
      '6 ./f.js values',
      '7 ./g.js types',
      '8 ./h.js values',
      '9 ./i.js types',
      '10 ./j.js values',
    ],
  );
});

const breaches: [file: string, text: string, complaint: RegExp | null][] = [
  ['src/engine/x.ts', `import type { Sandbox } from '../call/sandbox.js';`, null],
  [
    'src/engine/x.ts',
    `import { Sandbox } from '../call/sandbox.js';`,
    /src\/engine\/x.ts:1: may not import src\/call\/sandbox.ts/,
  ],
  ['src/engine/x.ts', `import type { Call } from '../call/call.js';`, /types of src\/call\/call.ts/],
  ['src/engine/x.ts', `import '../payload/pack.js';`, /knows nothing of functions/],
  ['src/engine/x.ts', `import Docker from 'dockerode';`, null],
  ['src/call/x.ts', `await import('../engine/connect.js');`, /call\/sandbox.ts only/],
  ['src/call/x.ts', `import type Docker from 'dockerode';`, /may not import dockerode/],
  ['src/call/classify.ts', `import type { Payload } from '../payload/payload.js';`, /evidence alone/],
  ['src/call/classify.ts', `import type { Evidence } from './evidence.js';`, null],
  ['src/payload/x.ts', `import type { Sandbox } from '../call/sandbox.js';`, /nothing of containers/],
  ['src/wire/x.ts', `import { PynisherError } from '../exceptions.js';`, /may not import src\/exceptions.ts/],
  ['src/wire/x.ts', `import { bytes } from './bytes.js';`, null],
  ['src/context.ts', `import '../src/cli/main.js';`, /may not import src\/cli\/main.ts: nothing stands on the command line/],
  ['src/context.ts', `await import('./engine/docker-engine.js');`, null],
  ['src/cli/x.ts', `import '../index.js';`, null],
  ['runner-image/x.ts', `import '../src/outcome.js';`, /bundled into the container/],
  ['runner-image/guest/x.ts', `import '../../src/exceptions.js';`, null],
];
for (const [file, text, complaint] of breaches) {
  test(`${file} ${complaint ? 'may not' : 'may'} ${text}`, () => {
    const problems = checkImports([importsIn(file, text)]);
    assert.is(problems.length, complaint ? 1 : 0, problems.join('\n'));
    if (complaint) assert.match(problems[0] ?? '', complaint);
  });
}

test('finds exports that no other file uses', async () => {
  const program = await programOf({
    'src/a.ts': `
      export const used = 1;
      export const usedHereOnly = used;
      export const usedByBinding = 1;
      export const usedByProperty = 1;
      export interface UsedHereOnly { n: number }
      export interface Unused { n: number }
      export function make(): UsedHereOnly { return { n: usedHereOnly } }`,
    'src/b.ts': `
      import { make, used as other } from './a.js';
      const { usedByBinding } = await import('./a.js');
      console.log(make(), other, usedByBinding, (await import('./a.js')).usedByProperty);
      export {};`,
    'src/entry.ts': 'export const forOthers = 1;',
  });
  assert.equal(
    checkExports(program, () => true, new Set(['src/entry.ts'])),
    ['src/a.ts:3: exports usedHereOnly, which no other file uses', 'src/a.ts:7: exports Unused, which no other file uses'],
  );
});

const dropped = `
import { readFile } from 'node:fs/promises';
import { remote } from './remote.js';
export function run(): void {
  remote();
  readFile('x');
  remote().then(() => 1);
  Math.random() > 1 && remote();
  void remote();
  remote().catch(() => 1);
  remote().then(() => 1, () => 2);
  let kept = remote();
  kept = remote();
  kept ??= remote();
  void kept;
}`;
const remote = 'export async function remote(): Promise<number> {\n  return 1;\n}\n';

test('finds dropped promises, those of node and its types too', async () => {
  const program = await programOf({ 'src/run.ts': dropped, 'src/remote.ts': remote });
  const lines = checkPromises(program, () => true).map((problem) => problem.replace(/: .*/, ''));
  assert.equal(lines, ['src/run.ts:5', 'src/run.ts:6', 'src/run.ts:7', 'src/run.ts:8']);
});

test('the linter refuses a dropped promise, an asynchronous callback where none is awaited, and any', async () => {
  const folder = await project({
    'src/remote.ts': remote,
    'src/dropped.ts': "import { remote } from './remote.js';\n\nexport function run(): void {\n  remote();\n}\n",
    'src/misused.ts': "import { remote } from './remote.js';\n\n[1].forEach(async () => {\n  await remote();\n});\n",
    'src/any.ts': 'export const x: any = 1;\n',
    'src/good.ts': "import { remote } from './remote.js';\n\nawait remote();\n",
  });
  const config = JSON.parse(await readFile(path.join(root, 'biome.json'), 'utf8'));
  await writeFile(path.join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
  await cp(path.join(root, 'tsconfig.json'), path.join(folder, 'tsconfig.json'));
  const biome = path.join(root, 'node_modules/.bin/biome');
  const { stdout, code } = await runCommand(biome, ['lint', '--reporter=json', 'src'], { cwd: folder });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
  const found = diagnostics.map(({ category, location }) => `${path.basename(location.path)} ${category}`).sort();
  assert.equal(found, [
    'any.ts lint/suspicious/noExplicitAny',
    'dropped.ts lint/nursery/noFloatingPromises',
    'misused.ts lint/nursery/noMisusedPromises',
  ]);
  assert.is(code, 1);
});
