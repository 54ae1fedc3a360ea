import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { Command } from '../../src/cli/command.js';
import { suite } from '../harness.js';
import { interfaceMembers } from '../support/interface-members.js';
import { isAsDocumented, readSnippets } from '../support/snippets.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const { test } = suite('docs');

test('snippets: language, line, markers, and the text block that follows', () => {
  const page = [
    'Words.',
    '```ts file=a/b.ts',
    'export {};',
    '```',
    '```ts',
    'console.log(1);',
    '',
    '```',
    'between',
    '```text',
    '1',
    '```',
    '```sh no-run',
    'rm x',
    '```',
    '````text',
    '```',
    '````',
    '```',
    'no language',
    '```',
  ].join('\n');
  assert.equal(readSnippets(page), [
    { language: 'ts', line: 2, code: 'export {};\n', file: 'a/b.ts', run: false, output: null },
    { language: 'ts', line: 5, code: 'console.log(1);\n\n', file: null, run: true, output: '1\n' },
    { language: 'sh', line: 13, code: 'rm x\n', file: null, run: false, output: '```\n' },
  ]);
});

test('snippets: a page that would be misread is refused', () => {
  assert.throws(() => readSnippets('```ts norun\n```'), /Line 1: `norun` means nothing/);
  assert.throws(() => readSnippets('\n```ts\nlet a;'), /Line 2: the fence is never closed/);
});

test('output: … stands for text within one line, everything else for itself', () => {
  assert.ok(isAsDocumented('took 12.5 s (a+b)\nend\n', 'took … s (a+b)\nend'));
  assert.ok(isAsDocumented('', ''));
  assert.not.ok(isAsDocumented('took 12.5 s\nagain\nend', 'took …\nend'));
  assert.not.ok(isAsDocumented('aab', 'a.b'));
  assert.not.ok(isAsDocumented('one\ntwo', 'one'));
});

test('every link leads somewhere', () => {
  const broken: string[] = [];
  for (const page of pages) {
    const prose = read(page).replace(/^(`{3,}).*?^\1$/gms, '');
    for (const [, target = ''] of prose.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : relative(root, resolve(root, dirname(page), path));
      const isThere = existsSync(join(root, file)) && (anchor === undefined || anchorsOf(read(file)).has(anchor));
      if (!isThere) broken.push(`${page}: ${target}`);
    }
  }
  assert.equal(broken, []);
});

test('every option, field of an outcome and exception is explained', () => {
  const documented: [page: string, source: string, names: string[]][] = [
    ['docs/limits.md', 'src/limits.ts', ['LimitOptions']],
    ['docs/engines.md', 'src/context.ts', ['ContextOptions']],
    ['docs/outcomes.md', 'src/outcome.ts', ['OutcomeFacts', 'Returned', 'Timings']],
  ];
  for (const [page, source, interfaces] of documented) {
    const explained = namesInTables(read(page));
    for (const name of interfaces) {
      const members = [...interfaceMembers(join(root, source), name).keys()];
      assert.ok(members.length > 3, `${source} has no interface ${name}`);
      assert.equal(
        members.filter((member) => !explained.has(member)),
        [],
        `${page} lacks members of ${name}`,
      );
    }
  }
});

test('every command and option of the command line is explained', async () => {
  const page = read('docs/cli.md');
  const missing: string[] = [];
  const files = readdirSync(join(root, 'src/cli/commands'));
  assert.ok(files.length > 0);
  for (const name of files) {
    const exports = (await import(`../../src/cli/commands/${name.replace(/\.ts$/, '.js')}`)) as Record<string, unknown>;
    for (const command of Object.values(exports).filter(isCommand)) {
      const [section = '', word = ''] = command.words;
      const text = page.split(`\n## nisher ${section}\n`)[1]?.split('\n## ')[0] ?? '';
      if (!text.includes(word)) missing.push(command.words.join(' '));
      for (const option of command.optionNames) {
        if (!text.includes(`\`${option.length === 1 ? '-' : '--'}${option}`))
          missing.push(`${command.words.join(' ')} ${option}`);
      }
    }
  }
  assert.equal(missing, []);
});

test('the order of precedence is that of classify', () => {
  const inSource = [...read('src/call/classify.ts').matchAll(/\breason: '(\w+)'/g)].map(([, reason]) => reason);
  const table = read('docs/outcomes.md').split('### Order of precedence')[1]?.split('\n## ')[0] ?? '';
  const onPage = [...table.matchAll(/^\| `(\w+)` *\|/gm)].map(([, reason]) => reason);
  assert.ok(inSource.length > 20);
  assert.equal(onPage, inSource);
});

test('every test file and script that a page names is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const missing: string[] = [];
  for (const page of pages) {
    for (const [, path = ''] of read(page).matchAll(/`(test\/[\w./-]+)`/g))
      if (!existsSync(join(root, path))) missing.push(`${page}: ${path}`);
    for (const [, name = ''] of read(page).matchAll(/\bnpm run ([\w:]+)/g))
      if (!(name in scripts)) missing.push(`${page}: npm run ${name}`);
  }
  assert.equal(missing, []);
});

test('every boundary names the tests that try it', () => {
  const table = read('docs/security.md').split('\n## Boundaries\n')[1]?.split('\n## ')[0] ?? '';
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
  assert.ok(rows.length > 10);
  assert.equal(
    rows.filter((row) => !/`test\/[\w./-]+` \|$/.test(row)),
    [],
  );
  const adversarial = readdirSync(join(root, 'test/adversarial')).filter((name) => name.endsWith('.test.ts'));
  assert.equal(
    adversarial.filter((name) => !table.includes(`test/adversarial/${name}`)),
    [],
    'no boundary names these',
  );
});

function isCommand(value: unknown): value is Command {
  return typeof value === 'object' && value !== null && 'optionNames' in value && 'words' in value;
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(page: string): Set<string> {
  const headings = page.match(/^#+ .*$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** What stands in backticks in the tables of a page, without brackets. */
function namesInTables(page: string): Set<string> {
  const rows = page.match(/^\|.*$/gm) ?? [];
  return new Set(rows.flatMap((row) => [...row.matchAll(/`(\w+)(?:\(\))?`/g)].map(([, name]) => name ?? '')));
}
