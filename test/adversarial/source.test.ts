/**
 * Source text that anybody may have written: whatever it is, its outcome shows nothing of this machine, and this machine reads nothing for
 * it. Takes 40 s.
 */
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import type { AnyFunction } from '../../src/enforce-limits.js';
import { fromSource, type Outcome, type SourceOptions } from '../../src/index.js';
import { type Case, hostileSuite } from '../support/hostile-suite.js';
import { makeOwnFolder } from '../support/own-folder.js';
import { runCli } from '../support/run-cli.js';

const CANARY = 'nisher-canary-b1946ac92492d234';
process.env.NISHER_TEST_TOKEN = CANARY;

const { test, before, after, cases } = hostileSuite('source text');

/** A path cannot be shown without the folder's name, which no message has by chance. */
const { folder, remove } = makeOwnFolder('source-victim');
after(remove);
const secretFolder = join(folder, 'secret-project');

/** What tells of this machine: folders, names, contents of files, environment. */
const hostFacts = [folder, process.cwd(), import.meta.dirname, homedir(), hostname(), CANARY].filter((fact) => fact.length > 4);

const secretFiles: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: CANARY, imports: { '#x': `./${CANARY}.js` } }),
  'tsconfig.json': `{ "compilerOptions": { "paths": { "@/*": ["./${CANARY}/*"] } } }`,
  '.env': `TOKEN=${CANARY}`,
  'lib.ts': `export const x = '${CANARY}';`,
  'lib.js': `export const x = '${CANARY}';`,
  'data.json': JSON.stringify({ key: CANARY }),
  'main.js.map': JSON.stringify({ version: 3, sources: [`${CANARY}.ts`], names: [], mappings: 'AAAA' }),
  'node_modules/lodash/package.json': JSON.stringify({ name: 'lodash', description: CANARY }),
  'node_modules/lodash/index.js': `module.exports = '${CANARY}'`,
};

before(() => {
  for (const [path, text] of Object.entries(secretFiles)) {
    mkdirSync(join(secretFolder, path, '..'), { recursive: true });
    writeFileSync(join(secretFolder, path), text);
  }
});

/** @param given What the text itself names is not shown by this machine. */
function assertShowsNothing(outcome: Outcome, given = ''): void {
  const whole = [
    inspect(outcome, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null }),
    inspect(outcome.error, { depth: Number.POSITIVE_INFINITY, maxStringLength: null }),
    JSON.stringify(outcome),
    outcome.stdout,
    outcome.stderr,
  ].join('\n');
  // The stack of the error itself is this program's: where it called.
  const shown = whole.replaceAll(outcome.error?.stack ?? '\0', '').split('\n');
  const shows = shown.filter(
    (line) => !isOwnFrame(line) && hostFacts.some((fact) => line.includes(fact) && !given.includes(fact)),
  );
  assert.equal(shows, []);
}

/** A line of a stack that names nisher's own sources: where the caller called. */
function isOwnFrame(line: string): boolean {
  return /^\s*at .*\/(?:src|dist)\//.test(line);
}

type Texts = Parameters<typeof fromSource>[0];

function enumOf(count: number): string {
  return `enum E { ${Array.from({ length: count }, (_, index) => `a${index}`).join(',')} } export default () => E.a5;`;
}

function attack(source: Texts, expected: Case['expected'], options: SourceOptions = {}, more: Partial<Case> = {}): Case {
  const call = fromSource<AnyFunction>(source, { resolveFrom: secretFolder, ...options });
  return { call, expected: { ...expected }, check: (outcome) => assertShowsNothing(outcome, JSON.stringify(source)), ...more };
}

const threw = { exitStatus: 'AnythingException', reason: 'threw' } as const;
const unprepared = { exitStatus: 'AnythingException', reason: 'packing' } as const;
const returned = { exitStatus: 0 } as const;

cases({
  'an error has the lines of the text': attack(
    'type T = number;\nexport default (): T => { throw new Error("x"); };',
    threw,
    {},
    {
      check(outcome) {
        assert.match(inspect(outcome.error?.cause), /main\.ts:2:/);
        assertShowsNothing(outcome);
      },
    },
  ),
  'text that does not compile': attack('export default (: number => 1;', { ...unprepared, message: /^main\.ts:1:17: / }),
  'text that is not JavaScript': attack('export default (', unprepared, { language: 'js' }),
  'text that is not CommonJS': attack('module.exports = (', unprepared, { language: 'cjs' }),
  'an import of a file beside it': attack('import { x } from "./lib.ts"; export default () => x;', unprepared),
  'an import of a file beside it, of JavaScript': attack('import { x } from "./lib.js"; export default () => x;', unprepared),
  'an import of a folder above': attack('import x from "../../etc/passwd"; export default () => x;', unprepared),
  'an absolute import of a file of this machine': attack(
    `import x from ${JSON.stringify(join('/', 'root', '.npmrc'))}; export default () => x;`,
    unprepared,
  ),
  'a file: import with attributes': attack(
    'import x from "file:///etc/hostname" with { type: "json" }; export default () => x;',
    unprepared,
  ),
  'a package that is installed here and not named': attack('import x from "lodash"; export default () => x;', {
    ...unprepared,
    message: /main\.ts:1:15: cannot find `lodash`/,
  }),
  'a package by require, not named': attack('module.exports = () => require("lodash");', threw, { language: 'cjs' }),
  'a package by import(), not named': attack('export default () => import("lodash");', threw),
  'an alias of a package.json that it does not have': attack('import "#x"; export default () => 1;', {
    exitStatus: 'AnythingException',
  }),
  'an alias of a tsconfig.json that it does not have': attack('import "@/lib"; export default () => 1;', unprepared),
  'a tsconfig.json of its own that extends a file': attack(
    {
      'main.ts': 'export default () => 1;',
      'tsconfig.json': '{ "extends": "/etc/passwd", "compilerOptions": { "paths": { "*": ["/etc/*"] } } }',
    },
    returned,
  ),
  'a tsconfig.json of its own that is not JSON': attack(
    { 'main.ts': 'export default () => 1;', 'tsconfig.json': '[[[[' },
    { exitStatus: 'AnythingException' },
  ),
  'a source map that is a file': attack(
    'export default () => { throw new Error("x"); };\n//# sourceMappingURL=/etc/passwd',
    threw,
  ),
  'a source map that is a device': attack(
    'export default () => { throw new Error("x"); };\n//# sourceMappingURL=/dev/zero',
    threw,
  ),
  'a source map beside it': attack(
    'module.exports = () => { throw new Error("x"); };\n//# sourceMappingURL=main.js.map',
    threw,
    { language: 'cjs' },
  ),
  'triple-slash references': attack(
    '/// <reference path="/etc/passwd" />\n/// <amd-module name="x" />\nexport default () => 1;',
    returned,
  ),
  'comments for bundlers and for JSX': attack(
    '/** @jsxImportSource /etc/passwd */\n/** @jsx h */\nexport default () => import(/* webpackMode: "eager" */ "node:os").then((os) => os.platform());',
    returned,
  ),
  'what its process knows': attack(
    `import os from 'node:os';
     export default () => ({
       env: { ...process.env }, argv: process.argv, execPath: process.execPath, execArgv: process.execArgv, title: process.title,
       cwd: process.cwd(), user: os.userInfo(), home: os.homedir(), host: os.hostname(), url: import.meta.url, tmp: os.tmpdir(),
       report: JSON.stringify(process.report.getReport().header),
     });`,
    returned,
  ),
  'the command line and environment of every process': attack(
    `import { readdirSync, readFileSync } from 'node:fs';
     export default () => readdirSync('/proc').filter((each) => /^\\d+$/.test(each)).flatMap((pid) =>
       ['cmdline', 'environ', 'comm', 'cgroup'].map((file) => { try { return readFileSync(\`/proc/\${pid}/\${file}\`, 'latin1'); } catch (error) { return error.code; } }));`,
    returned,
  ),
  'every file of its code': attack(
    `import { readdirSync, readFileSync, statSync } from 'node:fs';
     export default () => ['/app', '/nisher'].flatMap((top) => readdirSync(top, { recursive: true }).map((each) => top + '/' + each))
       .filter((each) => statSync(each).isFile() && statSync(each).size < 100_000).map((each) => [each, readFileSync(each, 'latin1')]);`,
    returned,
  ),
  'an error with a cause, and properties': attack(
    `import { readFileSync } from 'node:fs';
     export default () => { try { readFileSync('./lib.ts'); } catch (cause) { throw Object.assign(new Error('x', { cause }), { path: import.meta.url }); } };`,
    threw,
  ),
  'a file that is here and not there': attack(
    `import { readFileSync } from 'node:fs'; export default () => readFileSync(${JSON.stringify(join(secretFolder, 'data.json').replace(folder, ''))});`,
    { exitStatus: 'SubprocessException', osErrno: 2 },
  ),
  'no such export': attack('export const f = 1;', { exitStatus: 'AnythingException' }, { exportName: 'g' }),
  'an export of every object': attack(
    'module.exports = {}',
    { exitStatus: 'AnythingException' },
    { language: 'cjs', exportName: 'toString' },
  ),
  'a warning and an error that nobody catches': attack(
    `export default () => { process.emitWarning('w', { detail: import.meta.url }); setTimeout(() => { throw new Error('late'); }); return new Promise(() => {}); };`,
    { exitStatus: 'AnythingException' },
  ),
  'a trace of warnings and deprecations': attack(
    `export default () => { process.traceDeprecation = true; process.emitWarning('w', 'DeprecationWarning'); new Buffer(1); console.trace('x'); return new Promise((resolve) => setTimeout(resolve, 50)); };`,
    returned,
  ),
  'an own node_modules, package.json and main': attack(
    {
      'main.mjs': 'import x from "lodash"; import y from "#y"; export default () => [x, y];',
      'package.json': '{ "imports": { "#y": "./y.mjs" } }',
      'y.mjs': 'export default 2;',
      'node_modules/lodash/package.json': '{ "main": "./own.js" }',
      'node_modules/lodash/own.js': 'module.exports = 1;',
    },
    { ...returned, result: [1, 2] },
  ),
  'a package.json that is not JSON': attack(
    { 'main.js': 'export default () => 1;', 'package.json': '{' },
    { exitStatus: 'AnythingException' },
  ),
  'a loop while it is loaded': attack(
    'for (;;);',
    { exitStatus: 'TimeoutException', phase: 'load' },
    {},
    { limits: { wallTimeInS: 1 } },
  ),
  'nesting that a compiler cannot take': attack(`export default () => ${'['.repeat(200_000)}`, {
    exitStatus: 'MemorylimitException',
    phase: 'load',
  }),
  'types that a compiler cannot take': attack(
    `export default (x: ${'Array<'.repeat(20_000)}number${'>'.repeat(20_000)}) => 1;`,
    {} as Case['expected'],
  ),
  'a megabyte of statements': attack(`${'let a = 1; '.repeat(1)}${'a = a + 1;\n'.repeat(90_000)}export default () => a;`, {
    ...returned,
    result: 90_001,
  }),
  'a thousand texts': attack(
    {
      'main.ts': 'import { x } from "./t0.js"; export default () => x;',
      ...Object.fromEntries(
        Array.from({ length: 1000 }, (_, index) => [
          `t${index}.js`,
          index === 999 ? 'export const x = 1;' : `export { x } from "./t${index + 1}.js";`,
        ]),
      ),
    },
    { ...returned, result: 1 },
  ),
  'a text that takes the memory as it is compiled': attack(enumOf(60_000), {
    exitStatus: 'MemorylimitException',
    phase: 'load',
  }),
  'the same text with more memory': attack(enumOf(60_000), { ...returned, result: 5 }, {}, { limits: { memInMb: 512 } }),
});

test('a file of --untrusted is all that is read of its folder', async () => {
  const main = join(secretFolder, 'main.ts');
  writeFileSync(main, 'export default (n: number): number => n * 2;');
  const files = readdirSync(secretFolder, { recursive: true, encoding: 'utf8' }).map((each) => join(secretFolder, each));
  const others = files.filter((each) => each !== main && statSync(each).isFile());
  const past = new Date('2020-01-01');
  for (const each of others) utimesSync(each, past, new Date());
  const { exitCode, stdout, stderr } = await runCli(['run', main, '--untrusted', '21', '--quiet']);
  assert.is(exitCode, 0, stderr);
  assert.is(stdout, '42\n');
  // relatime: the first reading of a file whose last one is older than its last change is noted.
  assert.equal(
    others.filter((each) => statSync(each).atime.getTime() !== past.getTime()),
    [],
  );
});

test('a file of --untrusted that fails shows nothing of its folder', async () => {
  const main = join(secretFolder, 'fails.ts');
  const texts = [
    'export default () => { throw new Error(import.meta.url); };',
    'export default (: 1',
    'import "./lib.ts"; export default () => 1;',
    'import "lodash"; export default () => 1;',
    'export const f = 1;',
    'import { readFileSync } from "node:fs"; export default () => readFileSync("./data.json");',
    'export default () => new Promise(() => {});',
  ];
  for (const text of texts) {
    writeFileSync(main, text);
    for (const how of [['--json'], []]) {
      const { exitCode, stdout, stderr } = await runCli(['run', main, '--untrusted', ...how]);
      assert.is.not(exitCode, 0, text);
      const shown = `${stdout}\n${stderr}`.split('\n').filter((line) => hostFacts.some((fact) => line.includes(fact)));
      assert.equal(shown, [], text);
    }
  }
  assert.ok(existsSync(main));
});
