/**
 * `npm run test:engines [-- ENGINE ... --only WORD ...]`: the engine tests on other engines than `npm test` has, `nisher doctor` there,
 * and the rows of the table in docs/engines.md. Engines: see engines-under-test.ts; all of them when none is named. As root on Debian
 * or Ubuntu it installs what an engine needs, and says so. Tests of nisher's own private engine and of the package are left out:
 * they do not depend on the engine.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../src/engine/connect.js';
import type { EngineInfo } from '../src/engine/engine-info.js';
import { elsewhere } from '../test/support/elsewhere.js';
import { findTestFiles } from '../test/support/find-test-files.js';
import { canInstall, install } from './apt-get.js';
import { type EngineUnderTest, enginesUnderTest, USER_ID, type Viewpoint } from './engines-under-test.js';
import { type CommandResult, runCommand } from './run-command.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { values, positionals } = parseArgs({
  options: { only: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(enginesUnderTest);
const unknown = names.filter((name) => !(name in enginesUnderTest));
if (unknown.length > 0)
  throw new Error(`No such engine: ${unknown.join(', ')}. There are ${Object.keys(enginesUnderTest).join(', ')}`);

const files = (await findTestFiles('engine', values.only))
  .map(({ path }) => path)
  .filter((file) => !/\/(cli-private|package|docs)/.test(file));
/** What a command is given to, to be run from there. */
const through: Readonly<Record<Viewpoint, readonly string[]>> = {
  root: [],
  // Through a name of its own: the checkout may be in a folder of root's.
  user: [
    ...['unshare', '--mount', 'sh', '-c', 'mount --bind . /mnt && cd /mnt && exec "$@"', 'sh'],
    ...['setpriv', `--reuid=${USER_ID}`, `--regid=${USER_ID}`, '--clear-groups'],
  ],
  elsewhere,
};
const rows: string[] = [];
for (const name of names) rows.push(await tryEngine(name, enginesUnderTest[name] as EngineUnderTest));
say(`\n| engine | runtime | cgroup | Node | date | passed |\n|---|---|---|---|---|---|\n${rows.join('\n')}`);

async function tryEngine(name: string, engine: EngineUnderTest): Promise<string> {
  const before = { ...process.env };
  say(`\n══ ${name}`);
  try {
    await provide(engine.needs);
    const { env, stop } = await engine.start();
    try {
      Object.assign(process.env, env);
      const { info } = await connect(null);
      const run = async (...words: string[]) => await runTsx(words, engine.seenFrom);
      const { code: doctors } = await run('src/cli/bin.ts', 'doctor');
      const { output, code } = await run('test/run.ts', ...files);
      if (doctors !== 0 || code !== 0) process.exitCode = 1;
      return row(name, info, output.trimEnd().split('\n').at(-1) ?? '');
    } finally {
      await stop();
      process.env = before;
    }
  } catch (error) {
    process.exitCode = 1;
    return `| ${name} | | | | ${today()} | not run: ${(error as Error).message.split('\n', 1)[0]} |`;
  }
}

/** Installs what is missing. */
async function provide(needs: EngineUnderTest['needs']): Promise<void> {
  const missing = Object.entries(needs).filter(([file]) => !existsSync(file));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  if (!canInstall) throw new Error(`needs the packages ${packages.join(', ')}`);
  say(`Installing ${packages.join(', ')} with apt-get ...`);
  await install(...packages);
}

async function runTsx(words: readonly string[], seenFrom: Viewpoint): Promise<CommandResult> {
  const tsx = [process.execPath, '--import', 'tsx', ...words];
  const [program = '', ...rest] = [...through[seenFrom], ...tsx];
  return await runCommand(program, rest, { live: true });
}

function row(name: string, info: EngineInfo, result: string): string {
  const { flavour, version, defaultRuntime, cgroupVersion, cgroupDriver } = info;
  const cells = [
    `${flavour === 'podman' ? 'Podman' : 'Docker'} ${version.replace(/\+.*/, '')} (${name})`,
    defaultRuntime,
    `v${cgroupVersion}, ${cgroupDriver}`,
    `${process.versions.node}, ${process.arch}`,
    today(),
    result,
  ];
  return `| ${cells.join(' | ')} |`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
