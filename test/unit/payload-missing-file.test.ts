/** Which option a missing file's error names. Takes 0.1 s. */
import * as assert from 'uvu/assert';
import { explainMissing, explainMissingPackage } from '../../src/payload/missing-file.js';
import { makeProject, type Project } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';

const { test, before, after } = suite('missing files');
let project: Project;
before(() => {
  project = makeProject({
    'top.txt': '',
    'data/a/x.txt': '',
    'src/main.mjs': '',
    'src/lib/util.js': '',
    'node_modules/pg/package.json': '{}',
    'node_modules/@s/n/package.json': '{}',
    outside: { link: '/etc/passwd' },
  });
});
after(() => project.remove());

const noFile = (path: string) =>
  Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT', path });
const noModule = (message: string) => Object.assign(new Error(message), { code: 'MODULE_NOT_FOUND' });

const cases: readonly [thrown: unknown, hint: RegExp | null][] = [
  [noFile('/app/data/a/x.txt'), /^data\/a\/x\.txt exists.*add `include: \['data\/a\/\*\*'\]`$/],
  [noFile('data/a/x.txt'), /add `include: \['data\/a\/\*\*'\]`$/],
  [noFile('/app/src/../top.txt'), /^top\.txt exists.*add `include: \['top\.txt'\]`$/],
  [noFile('/app/data/none.txt'), null],
  [noFile('/etc/passwd'), null],
  [noFile('/proc/self/environ'), null],
  [noFile('../../etc/passwd'), /is outside of the root: if it exists, set `root`/],
  [noFile(`/app/${'x'.repeat(10_000)}`), null],
  [noFile('/app/a\0b'), null],
  [
    noModule("Cannot find module '/app/src/lib/util' imported from /app/src/main.mjs"),
    /^src\/lib\/util\.js exists.*'src\/lib\/\*\*'/,
  ],
  [noModule("Cannot find module './lib/util.js'\nRequire stack:\n- /app/src/main.mjs"), /^src\/lib\/util\.js exists/],
  [noModule("Cannot find package 'pg' imported from /app/src/main.mjs"), /^pg is installed.*`packages: \['pg'\]`$/],
  [noModule("Cannot find package '@s/n' imported from /app/src/main.mjs"), /^@s\/n is installed/],
  [noModule("Cannot find module 'pg/lib/x'\nRequire stack:\n- /app/src/main.mjs"), /^pg is installed/],
  [noModule("Cannot find package 'nowhere' imported from /app/src/main.mjs"), null],
  [noModule("Cannot find package '../../etc' imported from /app/src/main.mjs"), null],
  [Object.assign(new Error('x'), { code: 'EACCES', path: '/app/top.txt' }), null],
  [{ code: 'ENOENT', path: '/app/top.txt' }, null],
  ['Cannot find package', null],
  [undefined, null],
];
for (const [thrown, hint] of cases) {
  test(`${thrown instanceof Error ? thrown.message.slice(0, 80) : JSON.stringify(thrown)}`, () => {
    const place = { base: project.at('.').replace(/\/$/, ''), root: project.at('.').replace(/\/$/, ''), workingFolder: '' };
    const explained = explainMissing(thrown, place);
    if (hint === null) assert.is(explained, null);
    else assert.match(explained ?? 'nothing', hint);
  });
}

test('source text gets the option alone: this machine is not looked at', () => {
  assert.match(
    explainMissingPackage(noModule("Cannot find package 'pg' imported from /app/main.js")) ?? '',
    "packages: ['pg']",
  );
  assert.is(explainMissingPackage(noFile('/app/top.txt')), null);
});
