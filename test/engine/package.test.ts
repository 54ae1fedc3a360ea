import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { packProject } from '../../scripts/pack-project.js';
import { runCommand } from '../../scripts/run-command.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';

const { test, before, after } = suite('the package, installed from its tarball');
const execute = promisify(execFile);

let folder: string;
let contents: string[];
/** The folder of a user's project in which the package is installed. */
let user: string;

before(
  async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'nisher-package-'));
    const tarball = await packProject(folder);
    const { stdout } = await execute('tar', ['-tzf', tarball]);
    contents = stdout
      .trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''));
    user = path.join(folder, 'user');
    await mkdir(user);
    await writeFile(path.join(user, 'package.json'), '{ "type": "module", "private": true }');
    // --ignore-scripts: nothing that the package needs may depend on one.
    const installed = await runCommand('npm', ['install', '--ignore-scripts', '--prefer-offline', tarball], { cwd: user });
    assert.is(installed.code, 0, installed.output);
  },
  { timeoutInS: 180 },
);

after(async () => {
  await rm(folder, { recursive: true, force: true });
  assert.equal(await leftovers(), []);
});

/** Runs a program of the user's project, as a module. */
async function run(program: string, ...nodeOptions: string[]) {
  await writeFile(path.join(user, 'program.js'), program);
  return await runCommand(process.execPath, [...nodeOptions, 'program.js'], { cwd: user });
}

test('contains what is needed, and nothing else', () => {
  const wanted = [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'Dockerfile.runner',
    'dist/src/index.js',
    'dist/src/index.d.ts',
  ];
  for (const name of [
    ...wanted,
    'dist/src/cli/bin.js',
    'dist/runner-image/runner.js',
    'dist/runner-image/guest/limit-signal.js',
  ]) {
    assert.ok(contents.includes(name), `${name} is missing`);
  }
  const allowed =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|Dockerfile\.runner|docs\/[a-z]+\.md|dist\/(src|runner-image)\/.*\.(js|d\.ts))$/;
  assert.equal(
    contents.filter((name) => !allowed.test(name)),
    [],
  );
});

test('has no source map, and no word of one', async () => {
  const dist = path.join(user, 'node_modules/nisher/dist');
  const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'));
  for (const name of files) {
    const text = await readFile(path.join(dist, name), 'utf8');
    assert.not.match(text, /^\/\/# sourceMappingURL=/m, name);
  }
});

test('needs no install script of its own or of its dependencies', async () => {
  const { scripts } = JSON.parse(await readFile(path.join(user, 'node_modules/nisher/package.json'), 'utf8'));
  assert.equal(
    Object.keys(scripts).filter((name) => /install|prepare/.test(name)),
    [],
  );
});

test('a call, and a function of a module that imports nisher/guest', async () => {
  await writeFile(
    path.join(user, 'square.js'),
    "import { limitSignal } from 'nisher/guest';\nexport const square = (n) => ({ square: n * n, aborted: limitSignal.aborted });\n",
  );
  const { code, output, stdout } = await run(`
    import { enforceLimits, fromModule } from 'nisher';
    const limits = { memInMb: 256, wallTimeInS: 20 };
    console.log(await enforceLimits(limits)((a, b) => a + b)(2, 3));
    console.log(await enforceLimits(limits)(fromModule(new URL('./square.js', import.meta.url), 'square'))(4));
  `);
  assert.is(code, 0, output);
  assert.is(stdout, '5\n{ square: 16, aborted: false }\n');
});

test('npx nisher', async () => {
  const { version } = JSON.parse(await readFile(path.join(user, 'node_modules/nisher/package.json'), 'utf8'));
  const versionRun = await runCommand('npx', ['--no-install', 'nisher', '--version'], { cwd: user });
  assert.equal([versionRun.code, versionRun.stdout.trim()], [0, version], versionRun.output);
  const square = await runCommand('npx', ['--no-install', 'nisher', 'run', 'square.js#square', '5'], { cwd: user });
  assert.equal([square.code, square.stdout.trim()], [0, '{"square":25,"aborted":false}'], square.output);
});

test('importing it loads nothing that only a call needs', async () => {
  const loader = `
    import { appendFileSync } from 'node:fs';
    export async function resolve(specifier, context, next) {
      const resolved = await next(specifier, context);
      appendFileSync('loaded.txt', resolved.url + '\\n');
      return resolved;
    }`;
  await writeFile(path.join(user, 'loader.js'), loader);
  await writeFile(
    path.join(user, 'register.js'),
    "import { register } from 'node:module';\nregister('./loader.js', import.meta.url);\n",
  );
  // What is required by CommonJS packages does not pass the loader: require's own cache tells.
  const { code, output } = await run(
    `
    await import('nisher');
    await import('nisher/guest');
    const { default: module } = await import('node:module');
    const { appendFileSync } = await import('node:fs');
    for (const name of Object.keys(module._cache)) appendFileSync('loaded.txt', name + '\\n');
  `,
    '--import',
    './register.js',
  );
  assert.is(code, 0, output);
  const loaded = (await readFile(path.join(user, 'loaded.txt'), 'utf8')).trim().split('\n');
  assert.ok(
    loaded.some((url) => url.endsWith('nisher/dist/src/index.js')),
    loaded.join('\n'),
  );
  const packages = new Set(loaded.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []));
  packages.delete('nisher');
  for (const heavy of ['dockerode', 'esbuild', '@vercel/nft', 'acorn', 'eslint-scope', 'yargs', 'tar-stream']) {
    assert.not.ok(packages.has(heavy), `loads ${heavy}`);
  }
  assert.not.ok(
    loaded.some((url) => url.includes('/dist/src/engine/')),
    'loads the engine',
  );
});

test('its types compile in a strict project that looks into libraries', async () => {
  await writeFile(
    path.join(user, 'typed.ts'),
    `import { enforceLimits, fromModule, getContext, type Outcome, TimeoutException } from 'nisher';
    import { limitSignal } from 'nisher/guest';
    const limited = enforceLimits({ memInMb: 256, context: getContext('spawn') })(async (n: number) => String(n));
    const value: string | null = await limited(3);
    const outcome: Outcome<string> = await limited.run(3);
    if (outcome.exitStatus === 0) outcome.result.toUpperCase();
    if (outcome.exitStatus === 'TimeoutException') outcome.error satisfies TimeoutException;
    // @ts-expect-error: the function takes a number
    limited('3');
    // @ts-expect-error: the module has no such function
    fromModule<{ f(): void; n: number }, 'n'>(new URL('file:///x.js'), 'n');
    export { limitSignal, value };`,
  );
  const types = fileURLToPath(new URL('../../node_modules/@types', import.meta.url));
  const { code, output } = await runCommand(
    fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url)),
    [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2022',
      '--lib',
      'es2023,esnext.disposable',
      '--module',
      'nodenext',
      '--types',
      'node',
      '--typeRoots',
      types,
      'typed.ts',
    ],
    { cwd: user },
  );
  assert.is(code, 0, output);
});
