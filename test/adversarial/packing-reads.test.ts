/** Forms of naming a file that is not the project's: none may travel, nor be quoted. Takes 15 s. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { type Files, makeVictim, type Victim } from './packing/attempt.js';

const { test, before, after } = suite('packing reads nothing outside of the root', { timeoutInS: 60 });
let victim: Victim;
before(() => {
  victim = makeVictim();
});
after(() => victim.remove());

/** How code names a file; `at` is the path, or a `file:` URL. */
const forms: Readonly<Record<string, (at: string) => string>> = {
  'an import': (at) => `import x from '${at}'; export default () => x;`,
  'an import with attributes': (at) => `import x from '${at}' with { type: 'json' }; export default () => x;`,
  'an export from': (at) => `export { default } from '${at}';`,
  'an export star': (at) => `export * from '${at}'; export default () => 1;`,
  'import()': (at) => `export default () => import('${at}');`,
  'import() of a sum': (at) => `export default () => import('${at.slice(0, -3)}' + '${at.slice(-3)}');`,
  'import() of a constant': (at) => `const at = \`${at}\`; export default () => import(at);`,
  require: (at) =>
    `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); export default () => require('${at}');`,
  'require.resolve': (at) =>
    `import { createRequire } from 'node:module'; export default () => createRequire(import.meta.url).resolve('${at}');`,
  'createRequire from there': (at) =>
    `import { createRequire as make } from 'node:module'; export default () => make(new URL('${at}', import.meta.url))('${at}');`,
  'a require of getBuiltinModule': (at) =>
    `const { createRequire } = process.getBuiltinModule('module'); export default () => createRequire(import.meta.url)('${at}');`,
  'new URL': (at) => `export default () => new URL('${at}', import.meta.url);`,
  'new URL, read': (at) =>
    `import { readFileSync } from 'node:fs'; export default () => readFileSync(new URL('${at}', import.meta.url));`,
  'import.meta.resolve': (at) => `export default () => import.meta.resolve('${at}');`,
  'a worker': (at) =>
    `import { Worker } from 'node:worker_threads'; export default () => new Worker(new URL('${at}', import.meta.url));`,
  'a worker by path': (at) => `import { Worker } from 'node:worker_threads'; export default () => new Worker('${at}');`,
  'a child': (at) => `import { fork } from 'node:child_process'; export default () => fork('${at}');`,
  'a file that is read': (at) => `import { readFileSync } from 'node:fs'; export default () => readFileSync('${at}', 'utf8');`,
  'a file that is read, by promise': (at) =>
    `import { readFile } from 'node:fs/promises'; export default () => readFile('${at}');`,
  'a stream': (at) => `import fs from 'node:fs'; export default () => fs.createReadStream('${at}');`,
  'a folder that is listed': (at) =>
    `import { readdirSync } from 'node:fs'; import { dirname, join } from 'node:path'; export default () => readdirSync(dirname(join(import.meta.dirname, '${at}')));`,
  'path.join': (at) => `import { join } from 'node:path'; export default () => join(import.meta.dirname, '${at}');`,
  'path.resolve': (at) => `import path from 'node:path'; export default () => path.resolve(import.meta.dirname, '${at}');`,
  'a sum with import.meta.dirname': (at) => `export default () => import.meta.dirname + '/' + '${at}';`,
  'path.join with process.cwd': (at) => `import { join } from 'node:path'; export default () => join(process.cwd(), '${at}');`,
  'a template with a name': (at) => `export default (name) => import(\`${at.replace(/[^/]*$/, '')}\${name}\`);`,
  'a path with a name': (at) =>
    `import { join } from 'node:path'; export default (name) => join(import.meta.dirname, '${at.replace(/[^/]*$/, '')}', name);`,
};

/** Where the file is, from the module's folder, in a host at `folder`. */
const places: Readonly<Record<string, (folder: string, name: string) => string>> = {
  'a relative path': (_folder, name) => `../../secret/${name}`,
  'an absolute path': (folder, name) => join(folder, 'secret', name),
  'a file: URL': (folder, name) => `file://${join(folder, 'secret', name)}`,
  'a link to the file': (_folder, name) => `./links/${name}`,
  'a link to the folder': (_folder, name) => `./linked/${name}`,
};

const names = ['s.json', 's.txt', 's.mjs', 's.js', 's.cjs', 's.ts', 'id_rsa', '.env'];

/** Each of them, so that a relative path of the project leads out of it. */
const links = (folder: string): Files => ({
  ...Object.fromEntries(names.map((name) => [`links/${name}`, { link: join(folder, 'secret', name) }])),
  linked: { link: '../../secret' },
});

for (const [form, code] of Object.entries(forms)) {
  for (const [place, at] of Object.entries(places)) {
    test(`${form}, by ${place}: nothing of it travels`, async () => {
      for (const name of names) {
        await victim.attempt({ ...links(victim.folder), 'main.mjs': code(at(victim.folder, name)) }, 'main.mjs');
      }
    });
  }
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: texts of code
/** Files of an attacker's project, and what its refusal says; null: it is packed, without the secret. */
const cases: Readonly<Record<string, (folder: string) => { files: Files; entry?: string; says: RegExp | null }>> = {
  'the environment of this program, by require': () => ({
    files: { 'main.cjs': `module.exports = () => require('/proc/self/environ')` },
    entry: 'main.cjs',
    says: null,
  }),
  'the environment of this program, by a link': () => ({
    files: { 'main.mjs': `import x from './e.json'; export default () => x`, 'e.json': { link: '/proc/self/environ' } },
    says: /e\.json` belongs to the system/,
  }),
  'a source that does not compile is not quoted': () => ({
    files: { 'main.mjs': `import '../../secret/broken.ts'; export default () => 1` },
    says: /is outside of the root/,
  }),
  'tsconfig.json that extends a file of the host': () => ({
    files: { 'main.ts': 'export default () => 1', 'tsconfig.json': '{ "extends": "../../secret/tsconfig.json" }' },
    entry: 'main.ts',
    says: /`extends` names .*outside of the root/,
  }),
  'tsconfig.json that is a link': () => ({
    files: { 'main.ts': 'export default () => 1', 'tsconfig.json': { link: '../../secret/tsconfig.json' } },
    entry: 'main.ts',
    says: null,
  }),
  'paths of tsconfig.json': () => ({
    files: {
      'main.ts': `import x from '@/s.json'; export default () => x`,
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["../../secret/*"] } } }',
    },
    entry: 'main.ts',
    says: /`@\/s\.json` is outside of the root/,
  }),
  'paths of tsconfig.json, in a template': () => ({
    files: {
      'main.ts': 'export default (name: string) => import(`@/${name}.mjs`)',
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["../../secret/*"] } } }',
    },
    entry: 'main.ts',
    says: null,
  }),
  'baseUrl of tsconfig.json': () => ({
    files: {
      'main.ts': `import x from 's.json'; export default () => x`,
      'tsconfig.json': '{ "compilerOptions": { "baseUrl": "../../secret" } }',
    },
    entry: 'main.ts',
    says: /`s\.json` is outside of the root/,
  }),
  'imports of package.json': () => ({
    files: {
      'main.mjs': `import x from '#s'; export default () => x`,
      'package.json': '{ "type": "module", "imports": { "#s": "./../../secret/s.mjs" } }',
    },
    says: /cannot find `#s`|outside of the root/,
  }),
  "the project's own name": () => ({
    files: {
      'main.mjs': `import x from 'me/s'; export default () => x`,
      'package.json': '{ "name": "me", "type": "module", "exports": { "./s": "./../../secret/s.mjs" } }',
    },
    says: /cannot find `me\/s`|outside of the root/,
  }),
  'package.json that is a link': () => ({
    files: { 'lib/package.json': { link: '../../../secret/package.json' }, 'lib/main.js': 'export default () => 1' },
    entry: 'lib/main.js',
    says: null,
  }),
  "another project's package, by its path": (folder) => ({
    files: { 'main.cjs': `module.exports = () => require('${folder}/other/node_modules/corp')` },
    entry: 'main.cjs',
    says: null,
  }),
  "a file of another project's package": (folder) => ({
    files: {
      'main.mjs': `import { readFileSync } from 'node:fs'; export default () => readFileSync(new URL('file://${folder}/other/node_modules/corp/asset.txt'))`,
    },
    says: null,
  }),
  'a link in node_modules to a folder that is not a package': () => ({
    files: { 'main.mjs': `import 'etc'; export default () => 1`, 'node_modules/etc': { link: '../../../secret/../secret' } },
    says: /cannot find `etc`/,
  }),
  'a link in node_modules to the root of the file system': () => ({
    files: { 'main.mjs': `import 'all'; export default () => 1`, 'node_modules/all': { link: '/' } },
    says: /cannot find `all`/,
  }),
  'a link in a package that leads out of it': () => ({
    files: {
      'main.mjs': `import x from 'dep'; export default () => x`,
      'node_modules/dep/index.js': 'module.exports = 1',
      'node_modules/dep/s.txt': { link: '../../../../secret/s.txt' },
      'node_modules/dep/folder': { link: '../../../../secret' },
    },
    says: null,
  }),
  'main of a package that leads out of it': () => ({
    files: {
      'main.mjs': `import x from 'dep'; export default () => x`,
      'node_modules/dep/package.json': '{ "name": "dep", "main": "../../../../secret/s.cjs" }',
    },
    says: null,
  }),
  'a package by a name that leads out of node_modules': () => ({
    files: { 'main.cjs': `module.exports = () => require('dep/../../../../secret/s.cjs')` },
    entry: 'main.cjs',
    says: null,
  }),
  'a dependency by a name that leads out of node_modules': () => ({
    files: {
      'main.mjs': `import x from 'dep'; export default () => x`,
      'node_modules/dep/package.json':
        '{ "name": "dep", "dependencies": { "../../../../secret": "1", "..": "1", "@x/../../..": "1" } }',
      'node_modules/dep/index.js': '',
    },
    says: null,
  }),
  'a source map that names a file of the host': () => ({
    files: { 'main.ts': 'export default (a: number) => a\n//# sourceMappingURL=../../secret/s.json' },
    entry: 'main.ts',
    says: null,
  }),
  'include through a link': () => ({
    files: {
      'main.mjs': 'export default () => 1',
      'data/own.txt': '',
      'data/link.txt': { link: '../../../secret/s.txt' },
      data2: { link: '../../secret' },
    },
    says: /include: \['data2\/\*\*'\]` matches no file/,
  }),
  'a template whose fixed part leads out of the root': () => ({
    files: { 'main.mjs': 'export default (n) => import(`../../../../../../../../${n}.mjs`)' },
    says: null,
  }),
  'a template whose unknown part may lead out of the root': () => ({
    files: { 'main.mjs': 'export default (n) => import(`./${n}/../../../secret/s.mjs`)' },
    says: null,
  }),
  'the module itself is a link out of the project': () => ({
    files: { 'main.mjs': { link: '../../secret/s.mjs' } },
    says: /s\.mjs|outside/,
  }),
};

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: texts of code

for (const [title, make] of Object.entries(cases)) {
  test(`${title}: refused, or it stays behind`, async () => {
    const { files, entry = 'main.mjs', says } = make(victim.folder);
    const include = title.startsWith('include') ? ['data/**', 'data2/**'] : [];
    // The last one names the secret as the module to be packed, whose project is its own folder then.
    if (title.startsWith('the module itself')) {
      const { refusal } = await victim.attempt(files, entry, { root: join(victim.folder, 'projects') });
      assert.match(refusal, says as RegExp);
      return;
    }
    const { refusal, payload } = await victim.attempt(files, entry, { include });
    if (says === null) assert.ok(payload !== null, refusal);
    else assert.match(refusal, says);
  });
}
