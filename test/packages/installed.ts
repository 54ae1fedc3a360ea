import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const uses = fileURLToPath(new URL('./uses', import.meta.url));
const { dependencies } = JSON.parse(readFileSync(new URL('./project/package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** A package manager: npm's arguments, with `exec` for any other one, and the files that configure it. */
export interface Installer {
  readonly name: string;
  /** Arguments of npm. */
  readonly words: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

export const npm: Installer = { name: 'npm', words: ['install', '--no-audit', '--no-fund', '--ignore-scripts'] };
export const pnpm: Installer = {
  name: 'pnpm',
  words: ['exec', '--yes', '--package=pnpm@10.20.0', '--', 'pnpm', 'install', '--ignore-scripts', '--no-frozen-lockfile'],
};
const yarnWords = ['exec', '--yes', '--package=@yarnpkg/cli-dist@4.12.0', '--', 'yarn', 'install', '--mode=skip-build'];

export function yarn(nodeLinker: 'node-modules' | 'pnpm' | 'pnp'): Installer {
  const settings = `nodeLinker: ${nodeLinker}\nenableTelemetry: false\nenableGlobalCache: false\nenableImmutableInstalls: false\n`;
  return { name: `yarn, nodeLinker ${nodeLinker}`, words: yarnWords, settings: { '.yarnrc.yml': settings, 'yarn.lock': '' } };
}

/** Makes a project with these packages, of the versions that project/package.json has, and the modules that use them. */
export async function install(folder: string, { words, settings = {} }: Installer, names?: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const wanted = Object.entries(dependencies).filter(([name]) => names === undefined || names.includes(name));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'in-use', private: true, type: 'module', dependencies: Object.fromEntries(wanted) }),
  );
  for (const [name, text] of Object.entries(settings)) writeFileSync(join(folder, name), text);
  cpSync(uses, folder, { recursive: true });
  await promisify(execFile)('npm', words, { cwd: folder, maxBuffer: 2 ** 26 });
}
