import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type Files, list, makeProject, run, unpack } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';

const { test } = suite('pack: packages');

const esm = '{ "type": "module" }';

async function call(files: Files, entry: string): Promise<{ value: unknown; names: string[] }> {
  const project = makeProject(files);
  try {
    const payload = await project.pack(entry);
    const { value, stack, stderr } = await run(payload);
    assert.is(stack, undefined);
    assert.is(stderr, '');
    return { value, names: await list(payload) };
  } finally {
    project.remove();
  }
}

test('a package travels whole, with the packages in it, and no other package does', async () => {
  const { value, names } = await call(
    {
      'package.json': esm,
      'src/main.ts': `import dep from 'dep'; import { sub } from 'dep/sub'; export default () => [dep, sub]`,
      'node_modules/dep/package.json':
        '{ "main": "lib/main.js", "exports": { ".": "./lib/main.js", "./sub": "./lib/sub.js" } }',
      'node_modules/dep/lib/main.js': `module.exports = require('deeper') + require('fs').readFileSync(__dirname + '/data.txt', 'utf8')`,
      'node_modules/dep/lib/data.txt': 'data',
      'node_modules/dep/lib/sub.js': `exports.sub = 'sub'`,
      'node_modules/dep/lib/unused.js': '',
      'node_modules/dep/node_modules/deeper/index.js': `module.exports = 'deeper '`,
      'node_modules/other/index.js': '',
    },
    'src/main.ts',
  );
  assert.equal(value, ['deeper data', 'sub']);
  assert.ok(names.includes('node_modules/dep/lib/unused.js'), names.join('\n'));
  assert.is(names.filter((name) => /other/.test(name)).length, 0, names.join('\n'));
});

test('conditions: module-sync, import and require', async () => {
  const manifest = { exports: { 'module-sync': './sync.mjs', import: './import.mjs', require: './require.cjs' } };
  const { value } = await call(
    {
      'package.json': esm,
      'main.ts': `import a from 'dual'; import b from './b.cjs'; export default async () => [a, b, (await import('dual')).default]`,
      'b.cjs': `module.exports = require('dual').default`,
      'node_modules/dual/package.json': JSON.stringify(manifest),
      'node_modules/dual/sync.mjs': `export default 'sync'`,
      'node_modules/dual/import.mjs': `export default 'import'`,
      'node_modules/dual/require.cjs': `exports.default = 'require'`,
    },
    'main.ts',
  );
  assert.equal(value, ['sync', 'sync', 'sync']);
});

test('an optional package that is not installed does no harm', async () => {
  const { value } = await call(
    {
      'package.json': esm,
      'main.ts': `import x from './x.cjs'; export default async () => [x, await import('nope').catch(() => 'no nope')]`,
      'x.cjs': `try { module.exports = require('nope') } catch { module.exports = 'none' }`,
    },
    'main.ts',
  );
  assert.equal(value, ['none', 'no nope']);
});

test('a link that leads through linked folders', async () => {
  const { value } = await call(
    {
      'package.json': esm,
      'main.js': `import dep from 'dep'; export default () => dep`,
      'store/dep/package.json': '{ "main": "main.js" }',
      'store/dep/main.js': `module.exports = 'found'`,
      elsewhere: { link: 'store' },
      'node_modules/dep': { link: '../elsewhere/dep' },
    },
    'main.js',
  );
  assert.is(value, 'found');
});

test('pnpm: links stay links', async () => {
  const store = 'node_modules/.pnpm';
  const { value, names } = await call(
    {
      'package.json': esm,
      'main.ts': `import a from 'a'; export default () => a`,
      'node_modules/a': { link: '.pnpm/a@1.0.0/node_modules/a' },
      [`${store}/a@1.0.0/node_modules/a/index.js`]: `module.exports = 'a' + require('b')`,
      [`${store}/a@1.0.0/node_modules/b`]: { link: '../../b@1.0.0/node_modules/b' },
      [`${store}/b@1.0.0/node_modules/b/index.js`]: `module.exports = 'b'`,
    },
    'main.ts',
  );
  assert.is(value, 'ab');
  assert.ok(names.includes('node_modules/a -> .pnpm/a@1.0.0/node_modules/a'), names.join('\n'));
});

test("a workspace: the linked TypeScript sources are compiled like the user's own", async () => {
  const files = {
    'package.json': '{ "workspaces": ["packages/*"] }',
    'packages/app/package.json': esm,
    'packages/app/main.ts': `import { lib } from '@me/lib'; import { more } from '@me/lib/more'; export default () => [lib(2), more]`,
    'packages/lib/package.json':
      '{ "name": "@me/lib", "type": "module", "exports": { ".": "./src/index.ts", "./more": "./src/more.ts" } }',
    'packages/lib/src/index.ts': `import dep from 'dep'; enum E { One = 1 } export const lib = (x: number) => x + E.One + dep`,
    'packages/lib/src/more.ts': `export const more = 'more'`,
    'packages/lib/node_modules/dep/index.js': 'module.exports = 100',
    'node_modules/@me/lib': { link: '../../packages/lib' },
  };
  const { value, names } = await call(files, 'packages/app/main.ts');
  assert.equal(value, [103, 'more']);
  assert.ok(names.includes('packages/app/main.js') && names.includes('packages/lib/src/index.js'), names.join('\n'));
});

// Built when ssh2 was installed, if the machine has a compiler.
const addonPath = fileURLToPath(
  new URL('../../node_modules/ssh2/lib/protocol/crypto/build/Release/sshcrypto.node', import.meta.url),
);
const addonTest = "a native addon, by a user's own path and by a package that looks for it";
if (!existsSync(addonPath)) test.skip(addonTest, 'ssh2 was installed without its addon');
else {
  test(addonTest, async () => {
    const addon = readFileSync(addonPath);
    const { value } = await call(
      {
        'package.json': esm,
        'main.ts': `import { createRequire } from 'node:module'; import pack from 'native';
        const own = createRequire(import.meta.url)('./own.node');
        export default () => [typeof own.AESGCMCipher, typeof pack.AESGCMCipher]`,
        'own.node': addon,
        'node_modules/native/index.js': `module.exports = require('./build/Release/native.node')`,
        'node_modules/native/build/Release/native.node': addon,
      },
      'main.ts',
    );
    assert.equal(value, ['function', 'function']);
  });
}

test('nisher is never packed: user sources name the guest version, packages find a link to it', async () => {
  const host = {
    'node_modules/nisher/package.json': '{ "type": "module", "exports": { ".": "./host.js", "./guest": "./host.js" } }',
  };
  const project = makeProject({
    ...host,
    // The project may be called nisher itself.
    'package.json': '{ "name": "nisher", "type": "module", "exports": { ".": "./src/index.ts", "./guest": "./src/index.ts" } }',
    'src/index.ts': `throw new Error('the host version')`,
    'node_modules/nisher/host.js': `throw new Error('the host version')`,
    'main.ts': `import { enforceLimits } from 'nisher'; export { limitSignal } from 'nisher/guest'; import './c.cjs'; import 'uses-nisher';
      export default async () => [enforceLimits, await import('nisher')]`,
    'c.cjs': `require('nisher/guest')`,
    'node_modules/uses-nisher/index.js': `require('nisher')`,
  });
  const payload = await project.pack('main.ts');
  const names = await list(payload);
  project.remove();
  const expected = ['c.cjs', 'main.js', 'node_modules/', 'node_modules/nisher -> /nisher/guest', 'node_modules/uses-nisher/'];
  assert.equal(names, [...expected, 'node_modules/uses-nisher/index.js', 'package.json']);
  const folder = await unpack(payload);
  const main = readFileSync(join(folder, 'main.js'), 'utf8');
  const common = readFileSync(join(folder, 'c.cjs'), 'utf8');
  rmSync(folder, { recursive: true });
  assert.match(main, /from "\/nisher\/guest\/index\.mjs"/);
  assert.match(main, /from "\/nisher\/guest\/limit-signal\.mjs"/);
  assert.match(main, /import\("\/nisher\/guest\/index\.mjs"\)/);
  assert.is(common, `require("/nisher/guest/limit-signal.mjs")`);
});

test('files outside of the project do not come along', async () => {
  const project = makeProject({
    'project/package.json': esm,
    'project/main.ts': `import { readFileSync } from 'node:fs'; import { homedir } from 'node:os'; import { join } from 'node:path';
      export default () => [readFileSync('/etc/passwd', 'utf8'), readFileSync(join(homedir(), '.bashrc')), readFileSync('/etc/os-release')]`,
  });
  assert.equal(await list(await project.pack('project/main.ts')), ['main.js', 'package.json']);
  project.remove();
});

test('a function of a package', async () => {
  const { value } = await call(
    {
      'node_modules/dep/index.mjs': `import { x } from './x.mjs'; export default () => x`,
      'node_modules/dep/x.mjs': 'export const x = 1',
    },
    'node_modules/dep/index.mjs',
  );
  assert.is(value, 1);
});
