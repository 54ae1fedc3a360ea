import { existsSync } from 'node:fs';
import { runCommand } from './run-command.js';

/** Whether packages of Debian or Ubuntu can be installed here. */
export const canInstall = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;

/** @throws Error with apt-get's output when it fails */
export async function install(...packages: string[]): Promise<void> {
  await aptGet('update', '-qq');
  await aptGet('install', '-qq', '-y', '--no-install-recommends', ...packages);
}

async function aptGet(...words: string[]): Promise<void> {
  const { code, output } = await runCommand('apt-get', words, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  if (code !== 0) throw new Error(`apt-get ${words.join(' ')} ended with exit code ${code}\n${output}`);
}
