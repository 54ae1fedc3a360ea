import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { fromModule } from '../../src/index.js';
import { type Files, makeProject, type Project } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';
import { enforceLimits } from '../support/spawned.js';

const { test, before, after } = suite('functions in a container');
const root = fileURLToPath(new URL('../../', import.meta.url));
let project: Project;

/** (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)) */
const wasm = Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex');

const files: Files = {
  'package.json': '{ "type": "module" }',
  'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
  'enums.ts': 'enum Colour { Red = 4, Blue }\nexport function blue(): number { return Colour.Blue; }',
  'lib/deep/double.ts': 'export const double = (x: number): number => 2 * x;',
  'alias.ts': "import { double } from '@lib/deep/double.js';\nexport default (x: number): number => double(x);",
  'data.json': '{ "answer": 42 }',
  'json.ts': "import data from './data.json' with { type: 'json' };\nexport default (): number => data.answer;",
  'common.cjs':
    "const { join } = require('node:path');\nmodule.exports = { name: () => join('a', 'b'), asset: () => require('node:fs').readFileSync(join(__dirname, 'assets/text.txt'), 'utf8') };",
  'assets/text.txt': 'an asset',
  'asset.ts':
    "import { readFileSync } from 'node:fs';\nexport default (): string => readFileSync(new URL('./assets/text.txt', import.meta.url), 'utf8');",
  'assets/add.wasm': wasm,
  'wasm.js':
    "import { readFileSync } from 'node:fs';\nexport async function add(a, b) {\n  const bytes = readFileSync(new URL('./assets/add.wasm', import.meta.url));\n  const { instance } = await WebAssembly.instantiate(bytes);\n  return instance.exports.add(a, b);\n}",
  'later.ts': 'export const late = (): string => "loaded later";',
  'dynamic.ts': "export default async (): Promise<string> => (await import('./later.js')).late();",
  'addon.ts': "import { crc32 } from '@node-rs/crc32';\nexport default (text: string): number => crc32(text);",
  'package.ts': "import { stringify } from 'devalue';\nexport default (): string => stringify(new Map([[1, 2]]));",
  'thread.ts':
    "import { parentPort, workerData } from 'node:worker_threads';\nparentPort?.postMessage((workerData as number) + 1);",
  'worker.ts':
    "import { once } from 'node:events';\nimport { Worker } from 'node:worker_threads';\nexport default async (x: number): Promise<number> => {\n  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: x });\n  return (await once(worker, 'message'))[0] as number;\n};",
  'nested.ts':
    "import { enforceLimits } from 'nisher';\nconst inner = enforceLimits({ memInMb: 10 })((x: number) => x);\nexport default (): Promise<number | null> => inner(1);",
  'thrower.ts': "import { fail } from './lib/fail.js';\n\nexport default (): void => fail('from below');",
  'lib/fail.ts':
    'interface Unused {\n  text: string;\n}\nexport function fail(text: Unused["text"]): never {\n  throw new Error(text);\n}',
};

before(() => {
  project = makeProject(files);
  mkdirSync(project.at('node_modules/@node-rs'), { recursive: true });
  for (const name of ['devalue', '@node-rs/crc32', '@node-rs/crc32-linux-x64-gnu', '@node-rs/crc32-linux-arm64-gnu']) {
    symlinkSync(path.join(root, 'node_modules', name), project.at(`node_modules/${name}`));
  }
});
after(async () => {
  project.remove();
  assert.equal(await leftovers(), []);
});

const run = (file: string, exportName = 'default', ...args: unknown[]) =>
  enforceLimits({ wallTimeInS: 30, memInMb: 256 })(fromModule(project.at(file), exportName)).run(...args);

const table: [string, string, string, unknown[], unknown][] = [
  ['TypeScript with an enum, a named export', 'enums.ts', 'blue', [], 5],
  ['an alias of tsconfig paths', 'alias.ts', 'default', [21], 42],
  ['a JSON import', 'json.ts', 'default', [], 42],
  ['CommonJS, a named export', 'common.cjs', 'name', [], 'a/b'],
  ['an asset by __dirname', 'common.cjs', 'asset', [], 'an asset'],
  ['an asset by import.meta.url', 'asset.ts', 'default', [], 'an asset'],
  ['WebAssembly', 'wasm.js', 'add', [40, 2], 42],
  ['a dynamic import', 'dynamic.ts', 'default', [], 'loaded later'],
  ['a package', 'package.ts', 'default', [], '[["Map",1,2],1,2]'],
  ['a package with a native addon', 'addon.ts', 'default', ['nisher'], undefined],
  ['a worker thread of a file of its own', 'worker.ts', 'default', [1], 2],
];
for (const [what, file, exportName, args, expected] of table) {
  test(what, async () => {
    const outcome = await run(file, exportName, ...args);
    assert.is(outcome.exitStatus, 0, outcome.error?.message);
    if (expected === undefined) assert.type(outcome.result, 'number');
    else assert.equal(outcome.result, expected);
  });
}

test('calling a wrapper inside is a clear error', async () => {
  const outcome = await run('nested.ts');
  assert.is(outcome.exitStatus, 'AnythingException');
  assert.match(outcome.error?.message ?? '', /nested/i);
});

test("a stack across files names the user's files and lines", async () => {
  const { stack = '' } = ((await run('thrower.ts')).error?.cause ?? {}) as Error;
  assert.match(stack, /lib\/fail\.ts:5:9[\s\S]*thrower\.ts:3:/);
  assert.not.match(stack, /\/app\//);
});

test('what the function does to its own code is gone with its container', async () => {
  const before = readFileSync(project.at('enums.ts'), 'utf8');
  const outcome = await enforceLimits({ wallTimeInS: 30 })(async () => {
    const { readdirSync, rmSync, writeFileSync } = await import('node:fs');
    for (const name of readdirSync('/app')) rmSync(`/app/${name}`, { recursive: true });
    writeFileSync('/app/mine.js', 'x');
    return readdirSync('/app');
  }).run();
  assert.equal(outcome.result, ['mine.js']);
  assert.is(readFileSync(project.at('enums.ts'), 'utf8'), before);
});

test('nothing but /tmp, /app and /dev/shm can be written to, and nobody is reached', async () => {
  const outcome = await enforceLimits({ wallTimeInS: 30 })(async () => {
    const { writeFileSync } = await import('node:fs');
    const { networkInterfaces, userInfo } = await import('node:os');
    const refused = ['/x', '/etc/x', '/nisher/x', '/usr/local/bin/x', '/proc/sys/kernel/hostname', '/sys/x'].filter((file) => {
      try {
        writeFileSync(file, 'x');
        return false;
      } catch {
        return true;
      }
    });
    writeFileSync('/tmp/x', 'x');
    return { refused: refused.length, interfaces: Object.keys(networkInterfaces()), uid: userInfo().uid };
  }).run();
  assert.equal(outcome.unwrap(), { refused: 6, interfaces: ['lo'], uid: 1000 });
});
