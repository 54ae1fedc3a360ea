/** What packing promises, as the call and its caller see it. Takes 15 s. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { enforceLimits as enforceWarm, fromModule, fromSource } from '../../src/index.js';
import { type Files, makeProject } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';
import { runCli } from '../support/run-cli.js';
import { enforceLimits } from '../support/spawned.js';

const { test, after } = suite('packing, on an engine');
const projects: { remove(): void }[] = [];
after(() => {
  for (const project of projects) project.remove();
});

function projectOf(files: Files) {
  const project = makeProject({ 'package.json': '{ "name": "p", "type": "module" }', ...files });
  projects.push(project);
  return project;
}

test('paths relative to the working folder lead to the same files', async () => {
  const project = projectOf({
    'data/n.json': '21',
    'src/main.mjs': `import { readFileSync } from 'node:fs'; import { join } from 'node:path';
      export default () => [readFileSync('data/n.json', 'utf8'), readFileSync(join(process.cwd(), 'data', 'n.json'), 'utf8'), process.cwd()];`,
  });
  const { stdout, stderr } = await runCli(['run', 'src/main.mjs'], { cwd: project.at('.') });
  assert.is(stdout, '["21","21","/app"]\n', stderr);
});

test('the working folder is the root where the program works elsewhere', async () => {
  const project = projectOf({ 'src/main.mjs': 'export default () => process.cwd();' });
  const { stdout } = await runCli(['run', project.at('src/main.mjs')], { cwd: '/' });
  assert.is(stdout, '"/app"\n');
});

test('a main guard does not run', async () => {
  const project = projectOf({
    'main.mjs': `import { realpathSync } from 'node:fs'; import { pathToFileURL } from 'node:url';
      const isMain = process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href;
      if (isMain || import.meta.main) process.exit(3);
      export default () => [isMain, process.argv.length];`,
    'main.cjs': `if (require.main === module) process.exit(3); module.exports = () => require.main === module;`,
  });
  assert.equal(await enforceLimits()(fromModule(project.at('main.mjs')))(), [false, 2]);
  assert.equal(await enforceLimits()(fromModule(project.at('main.cjs')))(), false);
});

test('include and packages send what code computes, and the error of a missing file names them', async () => {
  const project = projectOf({
    'data/at.txt': 'Austria',
    'node_modules/driver/package.json': '{ "name": "driver" }',
    'node_modules/driver/index.js': 'module.exports = "driver";',
    'main.mjs': `import { readFileSync } from 'node:fs';
      export default (name) => readFileSync(new URL(['data', name].join('/') + '.txt', import.meta.url), 'utf8');
      export const driver = async (name) => (await import(name)).default;
      export const driverBySpelling = (name) => import([...'driver'].join('')).then((m) => m.default);`,
  });
  const module = project.at('main.mjs');
  const missing = await enforceLimits()(fromModule(module)).run('at');
  assert.is(missing.exitStatus, 'SubprocessException');
  assert.is(missing.error?.hint, "data/at.txt exists on your machine but did not travel: add `include: ['data/**']`");
  assert.is(await enforceLimits()(fromModule(module, 'default', { include: ['data/**'] }))('at'), 'Austria');
  const absent = await enforceLimits()(fromModule(module, 'driver')).run('driver');
  assert.is(absent.error?.hint, "driver is installed on your machine but did not travel: add `packages: ['driver']`");
  assert.is(await enforceLimits()(fromModule(module, 'driver', { packages: ['driver'] }))('driver'), 'driver');
  // On the command line, too; and a file that is nowhere gets no hint.
  const words = ['run', module, '"at"', '--include', 'data/*.txt'];
  assert.is((await runCli(words)).stdout, '"Austria"\n');
  assert.match(
    (await runCli(['run', module, '"at"'])).stderr,
    "hint: data/at.txt exists on your machine but did not travel: add `--include 'data/**'`",
  );
  const { error } = await enforceLimits()(fromModule(module)).run('xx');
  assert.not.match(error?.message ?? '', 'include');
});

test("paths: 'relative' shows no folder of the machine", async () => {
  const project = projectOf({ 'src/main.ts': 'type T = 1;\nexport default (): T => { throw new Error("x"); };' });
  const target = fromModule(project.at('src/main.ts'), 'default', { paths: 'relative' });
  const { error } = await enforceLimits()(target).run();
  const shown = inspect(error?.cause);
  assert.match(shown, /\(?src\/main\.ts:2:/);
  assert.not.match(shown, project.at('.'));
  project.write({ 'src/main.ts': 'export default (: 1' });
  const failed = await enforceLimits()(target).run();
  assert.match(failed.error?.message ?? '', /^src\/main\.ts:1:17: /);
});

test('an edited module is called the next time, also where a container was warm', async () => {
  const project = projectOf({
    'main.mjs': 'import { n } from "./n.mjs"; export default () => n;',
    'n.mjs': 'export const n = 1;',
  });
  const limited = enforceWarm({ wallTimeInS: 10 })(fromModule(project.at('main.mjs')));
  assert.is(await limited(), 1);
  assert.is(await limited(), 1);
  project.write({ 'n.mjs': 'export const n = 22;' });
  assert.is(await limited(), 22);
  project.write({ 'n.mjs': 'export const n = (' });
  assert.is((await limited.run()).error?.code, 'ERR_PACK');
  project.write({ 'n.mjs': 'export const n = 3;' });
  assert.is(await limited(), 3);
  await limited.close();
});

test('packTimeInS ends the packing, and names itself', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`m${index}.mjs`, `import './m${index + 1}.mjs';`]),
  );
  const project = projectOf({ ...files, 'm3000.mjs': '', 'main.mjs': "import './m0.mjs'; export default () => 1;" });
  const since = performance.now();
  const outcome = await enforceLimits()(fromModule(project.at('main.mjs'), 'default', { packTimeInS: 0.05 })).run();
  assert.is(outcome.error?.code, 'ERR_PACK');
  assert.match(outcome.error?.message ?? '', /packTimeInS is 0\.05/);
  assert.ok(performance.now() - since < 5000);
  assert.is((await runCli(['run', project.at('main.mjs'), '--pack-time', '50ms'])).exitCode, 1);
});

test('an abort ends the packing', async () => {
  const project = projectOf({ 'main.mjs': 'export default () => 1;' });
  const controller = new AbortController();
  const call = enforceLimits({ signal: controller.signal })(fromModule(project.at('main.mjs'))).run();
  controller.abort();
  const { exitStatus } = await call;
  assert.is(exitStatus, 'SignalException');
});

test('a folder that may not be read is as if it were not there', async () => {
  const project = projectOf({
    'main.mjs': 'export default (name) => import("./plugins/" + name + ".mjs").then((m) => m.default);',
  });
  project.write({ 'plugins/a.mjs': 'export default 1;', 'plugins/locked/b.mjs': 'export default 2;' });
  chmodSync(project.at('plugins/locked'), 0);
  assert.is(await enforceLimits()(fromModule(project.at('main.mjs')))('a'), 1);
  chmodSync(project.at('plugins/locked'), 0o755);
});

test('source text: several texts, packages of the caller, include', async () => {
  const project = projectOf({
    'node_modules/lib/package.json': '{ "name": "lib", "type": "module", "exports": "./lib.js" }',
    'node_modules/lib/lib.js': 'export default (n) => n + 1;',
    'data/n.txt': '5',
  });
  const root = project.at('.');
  const limited = enforceLimits({ captureOutput: true })(
    fromSource<(n: number) => unknown>(
      {
        'main.ts': `import add from 'lib'; import { two } from './lib/two.js'; import { readFileSync } from 'node:fs';
          export default (n: number): unknown => [add(n), two, readFileSync('data/n.txt', 'utf8')];`,
        'lib/two.ts': 'export const two: number = 2;',
      },
      { packages: ['lib'], resolveFrom: root, include: ['data/*'], root },
    ),
  );
  const { result, error } = await limited.run(1);
  assert.equal(result, [2, 2, '5'], error?.message);
});

test('nisher run - takes source text on stdin, TypeScript or JavaScript, ES module or CommonJS', async () => {
  const texts = [
    'export default (n: number): number => n * 2',
    'export default async (n) => n * 2',
    'module.exports = (n) => n * 2',
    'enum E { Two = 2 }\nmodule.exports = (n: number) => n * E.Two',
  ];
  for (const text of texts) {
    const { stdout, stderr, exitCode } = await runOnStdin(text, ['run', '-', '21', '--quiet']);
    assert.equal([stdout, exitCode], ['42\n', 0], stderr);
  }
  const named = await runOnStdin('export const f = () => import.meta.url', ['run', '-#f']);
  assert.is(named.stdout, '"file:///app/main.js"\n', named.stderr);
  const tooLong = await runOnStdin(`//${'x'.repeat(2 ** 20)}`, ['run', '-']);
  assert.equal([tooLong.exitCode, tooLong.stdout], [2, '']);
});

test('nisher run FILE --untrusted does not read what lies beside the file', async () => {
  const project = projectOf({ 'main.ts': "import './lib.ts'; export default () => 1;", 'lib.ts': '' });
  const { exitCode, stderr } = await runCli(['run', project.at('main.ts'), '--untrusted']);
  assert.is(exitCode, 1);
  assert.match(stderr, 'main.ts:1:8: cannot find `./lib.ts`');
  assert.not.match(stderr, dirname(project.at('main.ts')));
});

async function runOnStdin(text: string, words: readonly string[]) {
  const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), bin, ...words], { cwd: '/' });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output.stderr += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(text);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { ...output, exitCode };
}
