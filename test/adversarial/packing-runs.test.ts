/** Code that an evaluator, a tracer or a resolver could run on this machine: none of it is. Takes 5 s. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { type Files, makeVictim, type Victim } from './packing/attempt.js';

const { test, before, after } = suite('packing runs no code of a module or a package', { timeoutInS: 60 });
let victim: Victim;
before(() => {
  victim = makeVictim();
});
after(() => victim.remove());

/** A package whose every file would write the canary, if it ran. */
const armed = (name: string, canary: string, more: Files = {}): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({
    name,
    main: 'index.js',
    scripts: { preinstall: 'node index.js', install: 'node index.js', postinstall: 'node index.js', prepare: 'node index.js' },
    gypfile: true,
    binary: { module_name: 'x', module_path: './build', remote_path: '.', host: 'https://localhost' },
  }),
  [`node_modules/${name}/index.js`]: `${canary} module.exports = () => ({ find: () => './index.js' });`,
  [`node_modules/${name}/binding.gyp`]: '{ "targets": [{ "target_name": "<!(node index.js)" }] }',
  ...more,
});

/** Files of an attacker's project, whose entry is main.cjs, main.mjs or main.ts. */
const cases: Readonly<Record<string, (canary: string) => Files>> = {
  'node-gyp-build, beside the module': (canary) => ({
    ...armed('node-gyp-build', canary),
    'main.cjs': `${canary} module.exports = () => 1; require('node-gyp-build')(__dirname);`,
  }),
  'node-gyp-build, in one file': (canary) => ({
    'main.cjs': `${canary} try { const gyp = require('node-gyp-build'); const f = () => gyp; f('./main.cjs')(__dirname); } catch {} module.exports = () => 1;`,
  }),
  'node-pre-gyp': (canary) => ({
    ...armed('node-pre-gyp', canary),
    ...armed('@mapbox/node-pre-gyp', canary),
    'main.cjs': `${canary} const pre = require('@mapbox/node-pre-gyp'); require('node-pre-gyp').find(__dirname + '/package.json'); require(pre.find(__dirname)); module.exports = () => 1;`,
  }),
  bindings: (canary) => ({
    ...armed('bindings', canary),
    'main.cjs': `${canary} module.exports = () => require('bindings')('x');`,
  }),
  'a package that is imported': (canary) => ({
    ...armed('dep', canary),
    'main.mjs': `import 'dep'; export default () => 1;`,
  }),
  'a package that another one depends on': (canary) => ({
    ...armed('deep', canary),
    'node_modules/dep/package.json': '{ "name": "dep", "dependencies": { "deep": "1" } }',
    'node_modules/dep/index.js': canary,
    'main.mjs': `import 'dep'; export default () => 1;`,
  }),
  'hooks of packages that are not imported': (canary) => ({
    ...armed('esbuild-plugin-x', canary),
    ...armed('typescript', canary),
    ...armed('esbuild', canary),
    ...armed('acorn', canary),
    'main.ts': 'export default (): number => 1;',
  }),
  'plugins and settings of compilers': (canary) => ({
    'tsconfig.json':
      '{ "compilerOptions": { "plugins": [{ "name": "./plugin.cjs", "transform": "./plugin.cjs" }] }, "ts-node": { "require": ["./plugin.cjs"] } }',
    'plugin.cjs': canary,
    'babel.config.js': canary,
    '.babelrc.js': canary,
    'esbuild.config.js': canary,
    'vite.config.js': canary,
    '.swcrc': '{}',
    'main.ts': 'export default (): number => 1;',
  }),
  'a .pnp.cjs, and a loader': (canary) => ({
    '.pnp.cjs': canary,
    '.pnp.loader.mjs': canary,
    '.yarnrc.yml': 'yarnPath: ./.pnp.cjs\n',
    '.npmrc': 'node-options="--require ./.pnp.cjs"\nscript-shell=./x\n',
    'main.mjs': `import 'missing-if-not-pnp'; export default () => 1;`,
  }),
  'a tsconfig.json that extends code': (canary) => ({
    ...armed('base', canary),
    'tsconfig.json': '{ "extends": ["base", "base/index.js", "./base.cjs"] }',
    'base.cjs': canary,
    'main.ts': 'export default (): number => 1;',
  }),
  'a package.json that names code everywhere': (canary) => ({
    'package.json':
      '{ "type": "module", "main": "./run.cjs", "bin": "./run.cjs", "imports": { "#run": "./run.cjs" }, "nft": "./run.cjs", "browser": "./run.cjs" }',
    'run.cjs': canary,
    'main.mjs': `import '#run'; export default () => 1;`,
  }),
  'code in JSON': (canary) => ({
    'data.json': `{ "__proto__": { "polluted": 1 }, "toJSON": ${JSON.stringify(canary)} }`,
    'main.mjs': `import data from './data.json'; import { toJSON } from './data.json'; export default () => [data, toJSON];`,
  }),
  'a decorator, a computed key, a static block, a default value': (canary) => ({
    'main.ts': `const run = (..._: unknown[]): any => { ${canary} return () => {}; };
      class A { @run() m() {} static [run()] = 1; static { run(); } }
      export default (x = run()) => new A();`,
  }),
  'pollution by Object.assign': () => ({
    'main.mjs': `import path from 'node:path';
      const x = Object.assign(({}).__proto__, { polluted: 1, LD_PRELOAD: path.join(import.meta.dirname, 'evil.so'), toJSON: [].at });
      export default () => x;`,
  }),
  'methods of literals': () => ({
    'main.mjs': `const n = [1].constructor.constructor('globalThis.polluted = 1')();
      const m = ''.constructor.prototype.polluted = 1; const o = (0).toFixed.constructor('return process')().exit(3);
      export default () => import.meta.url + n + m + o;`,
  }),
  'functions of node:os': () => ({
    'main.mjs': `import os from 'node:os'; import path from 'node:path';
      Object.assign(os, { cpus: 'gone' }); os.setPriority(19);
      export default () => path.join(import.meta.dirname, os.userInfo().username + '.txt');`,
    'root.txt': 'chosen by the name of the user',
  }),
  'functions of node:process and node:path': () => ({
    'main.mjs': `import path from 'node:path'; process.env.NISHER_POLLUTED = '1'; process.chdir('/'); process.umask(0);
      path.join = () => '/etc/passwd'; path.sep = ''; process.exitCode = 7;
      export default () => path.join(import.meta.dirname, 'x');`,
  }),
  'getters and proxies on the way of an evaluator': (canary) => ({
    'main.mjs':
      `const trap = { get path() { ${canary} return ''; }, toString() { ${canary} return ''; }, [Symbol.toPrimitive]() { ${canary} return ''; } };
      const proxy = new Proxy({}, { get() { ${canary} } });
      export default () => [new URL(trap.path, import.meta.url), new URL(String(trap), import.meta.url), import.meta.dirname + trap + proxy.x];`.replaceAll(
        'require(',
        "process.getBuiltinModule('module').createRequire(import.meta.url)(",
      ),
  }),
  'a require that is shadowed': (canary) => ({
    'main.cjs': `function f(require) { return require('./armed.cjs'); } const __dirname = { toString() { ${canary} } }; module.exports = () => f(() => 1) + __dirname;`,
    'armed.cjs': canary,
  }),
  'a worker, a child, and an evaluated text': (canary) => ({
    'main.mjs': `import { Worker } from 'node:worker_threads'; import { fork, execSync } from 'node:child_process'; import vm from 'node:vm';
      new Worker(new URL('./armed.cjs', import.meta.url)); fork('./armed.cjs'); execSync('node armed.cjs'); vm.runInThisContext('1');
      eval(${JSON.stringify('1')}); export default () => 1;`,
    'armed.cjs': canary,
  }),
  'an addon that is loaded': () => ({
    'main.cjs': `module.exports = () => { process.dlopen(module, __dirname + '/x.node'); return require('./x.node'); };`,
    'x.node': 'not an addon',
  }),
};

for (const [title, make] of Object.entries(cases)) {
  test(`${title}: nothing of it runs`, async () => {
    const files = make(victim.writesCanary);
    const entry = ['main.cjs', 'main.mjs', 'main.ts'].find((name) => name in files) ?? '';
    const { payload, refusal } = await victim.attempt(files, entry);
    // Whatever became of it, this program is as it was; see attempt.ts.
    assert.ok(payload !== null || refusal !== '');
    assert.is(process.env.NISHER_POLLUTED, undefined);
    assert.ok(process.exitCode === undefined || process.exitCode === 0);
  });
}

test('a name that a fact of this machine would complete stands for any name', async () => {
  const files = { ...cases['functions of node:os']?.(''), 'nobody.txt': 'of no user here' };
  const { payload } = await victim.attempt(files, 'main.mjs');
  const archive = Buffer.from(payload?.archive ?? []);
  assert.equal([archive.includes('chosen by the name of the user'), archive.includes('of no user here')], [true, true]);
});
