import { cp, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Packs the working tree as npm would publish it, in a copy of it without anything built or ignored: a leftover in `dist` must
 * neither get into the package nor hide that something is missing.
 * @param folder An empty folder. The copy stays in it, with what was built.
 * @returns Path of the tarball.
 */
export async function packProject(folder: string): Promise<string> {
  const copy = path.join(folder, 'project');
  await mkdir(copy);
  const files = await succeed('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], root);
  for (const file of files.split('\0').filter((name) => name !== '')) {
    await cp(path.join(root, file), path.join(copy, file)).catch(ignoreMissing);
  }
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  await succeed('npm', ['run', 'build'], copy);
  const report = await succeed('npm', ['pack', '--json', '--ignore-scripts', `--pack-destination=${folder}`], copy);
  const [packed] = JSON.parse(report) as { filename: string }[];
  return path.join(folder, packed?.filename ?? '');
}

async function succeed(program: string, words: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, output } = await runCommand(program, words, { cwd });
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with exit code ${code}\n${output}`);
  return stdout;
}

// Deleted, and the deletion not committed yet.
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
