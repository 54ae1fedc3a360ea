/**
 * `npm test`: checks, unit tests, engine tests, and one closing line in which each check counts as a test.
 * `--checks`: the checks alone. `--stop-engine`: ends the engine afterwards if it had to be started.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stopPrivateEngine } from '../src/engine/private-engine.js';
import { findTestFiles } from '../test/support/find-test-files.js';
import { runTestFiles } from '../test/support/run-test-files.js';
import { addSummaries, conclude, type Summary } from '../test/support/summary.js';
import { packProject } from './pack-project.js';
import { runCommand } from './run-command.js';
import { setupEngine } from './setup-engine.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { values } = parseArgs({ options: { checks: { type: 'boolean' }, 'stop-engine': { type: 'boolean' } } });

const checks = [
  await check('types', () => tool('tsc', '--project', '.')),
  await check('lint', () => tool('biome', 'ci', '--colors=off')),
  await check('import directions, unused exports, dropped promises', () => tool('tsx', 'scripts/check-source.ts')),
  await check('docs of the API', () => tool('typedoc', '--emit', 'none')),
  ...(await checkPackage()),
];
const tests = values.checks ? [] : await runTests();
process.exitCode = conclude(addSummaries([...checks, ...tests]));

async function runTests(): Promise<Summary[]> {
  const unit = await runTestFiles(await findTestFiles('unit', []), 2);
  let started = false;
  const engine = await check('an engine', async () => {
    ({ started } = await setupEngine((line) => process.stdout.write(`\n${line}\n`)));
  });
  const onEngine = engine.passed > 0 ? await runEngineTests() : [];
  const summaries = [unit, engine, onEngine].flat();
  if (!started) return summaries;
  if (values['stop-engine']) return [...summaries, await check('the end of the engine', () => stopPrivateEngine())];
  process.stdout.write('\nThe private engine goes on running; `npm run nisher engine stop` ends it.\n');
  return summaries;
}

/** Those that look at all containers, images or engines of the machine want it for themselves; the others share it, two at a time. */
async function runEngineTests(): Promise<Summary[]> {
  const files = await findTestFiles('engine', []);
  const isAlone = ({ path: file }: { path: string }) => /\/(cli|engine|package|docs|warm)[^/]*$/.test(file);
  return [
    await runTestFiles(
      files.filter((file) => !isAlone(file)),
      2,
    ),
    await runTestFiles(files.filter(isAlone), 1),
  ];
}

/** What publint and attw say of the tarball that npm would publish. */
async function checkPackage(): Promise<Summary[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nisher-package-'));
  try {
    let tarball = '';
    const packed = await check('package: build and pack', async () => {
      tarball = await packProject(folder);
    });
    if (packed.passed === 0) return [packed];
    return [
      packed,
      await check('package: publint', () => tool('publint', 'run', tarball, '--strict')),
      await check('package: types resolve (attw)', () => tool('attw', tarball, '--profile', 'esm-only', '--no-emoji')),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fails when `action` throws. */
async function check(name: string, action: () => Promise<unknown>): Promise<Summary> {
  const start = performance.now();
  const failure = await action().then(
    () => null,
    (error: Error) => error,
  );
  const duration = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${failure ? '✘' : '✔'} ${name} (${duration} s)\n`);
  if (failure === null) return { passed: 1, skipped: 0, failed: [] };
  return { passed: 0, skipped: 0, failed: [{ what: name, report: failure.message }] };
}

async function tool(name: string, ...words: string[]): Promise<void> {
  const { code, output } = await runCommand(path.join('node_modules', '.bin', name), words);
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}\n${output}`);
}
