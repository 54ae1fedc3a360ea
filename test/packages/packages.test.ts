/**
 * Packages that are hard to pack, installed for real: each is used in a container as in plain Node.js, with the same result. Takes two
 * minutes, most of it installing and copying 800 MB.
 */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { fromModule, type ModuleOptions } from '../../src/index.js';
import { suite } from '../harness.js';
import { makeOwnFolder } from '../support/own-folder.js';
import { enforceLimits } from '../support/spawned.js';
import { type Installer, install, npm, pnpm, yarn } from './installed.js';

/** The module of `uses/` by name, and what it needs beside the module. */
const uses: Readonly<Record<string, ModuleOptions>> = {
  '@duckdb/node-api': {},
  '@napi-rs/canvas': {},
  eslint: {},
  express: {},
  jsdom: {},
  lightningcss: {},
  lmdb: {},
  moment: {},
  'onnxruntime-node': {},
  'pdfjs-dist': {},
  // Its transports are modules whose names are data.
  pino: { packages: ['pino-pretty'] },
  prettier: {},
  rollup: {},
  'sass-embedded': {},
  // It loads the driver of the dialect that the URL names.
  sequelize: { packages: ['pg'] },
  sharp: {},
  'sql.js': {},
  'tree-sitter': {},
  typescript: {},
  'typescript-native': { packages: ['typescript-native'] },
  vite: {},
  zeromq: {},
};

const { test, before, after } = suite('packages', { timeoutInS: 120 });
const { folder, remove } = makeOwnFolder('packages');
const npmFolder = join(folder, 'npm');
before(() => install(npmFolder, npm));
after(remove);

const fileOf = (name: string) => `${name.replace('@duckdb/node-api', 'duckdb').replace(/^@napi-rs\//, '')}.mjs`;

for (const [name, options] of Object.entries(uses)) {
  test(name, () => isUsedAsInNode(join(npmFolder, fileOf(name)), options));
}

const managed: readonly [Installer, string[]][] = [
  [pnpm, ['@nestjs/core', 'express', 'sharp']],
  [yarn('node-modules'), ['express', 'sharp']],
  [yarn('pnpm'), ['express', 'sharp']],
];
for (const [installer, names] of managed) {
  test(`${names.join(', ')}, installed by ${installer.name}`, async () => {
    const project = join(folder, installer.name.replaceAll(/\W/g, '-'));
    await install(project, installer, [...names, '@nestjs/common', 'reflect-metadata', 'rxjs']);
    for (const name of names) await isUsedAsInNode(join(project, name === '@nestjs/core' ? 'nest.mjs' : fileOf(name)), {});
  });
}

test("Plug'n'Play is refused, with the setting that helps", async () => {
  const project = join(folder, 'pnp');
  await install(project, yarn('pnp'), ['express']);
  const { error } = await enforceLimits()(fromModule(join(project, 'express.mjs'))).run();
  assert.is(error?.code, 'ERR_PACK');
  assert.match(error?.message, /express\.mjs:2:.*cannot find `express`[\s\S]*nodeLinker: node-modules/);
});

async function isUsedAsInNode(path: string, options: ModuleOptions): Promise<void> {
  const limits = { memInMb: 1024, wallTimeInS: 60, cpuTimeInS: 60, scratchInMb: 256, captureOutput: true };
  const outcome = await enforceLimits(limits)(fromModule(path, 'default', options)).run();
  assert.is(outcome.error?.message, undefined, outcome.stderr);
  assert.equal(outcome.result, await resultInNode(path));
}

/** The same call in plain Node.js on this machine, where the tests trust the packages. */
async function resultInNode(path: string): Promise<unknown> {
  const code = `import(${JSON.stringify(path)}).then((module) => module.default()).then((value) => {
    process.stdout.write(JSON.stringify(value), () => process.exit());
  })`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', code], { cwd: dirname(path) });
  return JSON.parse(stdout) as unknown;
}
