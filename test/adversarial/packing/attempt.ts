import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import { getPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { openPacking } from '../../../src/payload/pack.js';
import { PackError, type Payload } from '../../../src/payload/payload.js';
import { fromModule, type ModuleOptions } from '../../../src/targets/from-module.js';
import { type HostFacts, observeHost } from '../../support/host-facts.js';

/** What must never leave the host: it is in each file that a case may not read. */
export const SECRET = 'SECRET-b1946ac92492d2347c6235b4d2611184';

/** Contents by path; `{ link }`: a symbolic link; a function makes what is neither. */
export type Files = Readonly<
  Record<string, string | Uint8Array | { readonly link: string } | { readonly make: (path: string) => void }>
>;

/**
 * A host: a folder of secrets, another project, and the project that an attacker may fill. Code that runs on this machine would write the
 * canary.
 */
export interface Victim {
  readonly folder: string;
  readonly canary: string;
  /** Text of a module that writes the canary. */
  readonly writesCanary: string;
  /** Packs `entry` of a project with these files. */
  attempt(files: Files, entry: string, options?: ModuleOptions): Promise<Attempt>;
  remove(): void;
}

export interface Attempt {
  /** Null when it was refused. */
  readonly payload: Payload | null;
  /** Message and hint; empty when it was packed. */
  readonly refusal: string;
  readonly seconds: number;
  /** The longest that this thread was held, in ms. */
  readonly heldInMs: number;
}

export function makeVictim(): Victim {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nisher-victim-')));
  const canary = join(folder, 'canary');
  const writesCanary = `require('node:fs').writeFileSync(${JSON.stringify(canary)}, 'ran as ' + process.pid);`;
  write(folder, {
    'secret/s.json': `{ "key": "${SECRET}" }`,
    'secret/s.txt': SECRET,
    'secret/id_rsa': SECRET,
    'secret/.env': `KEY=${SECRET}`,
    'secret/s.mjs': `export default '${SECRET}'; export const x = 1;`,
    'secret/s.js': `export default '${SECRET}'; export const x = 1;`,
    'secret/s.cjs': `module.exports = '${SECRET}'`,
    'secret/s.ts': `export default '${SECRET}' as string; export const x = 1;`,
    'secret/broken.ts': `export const = '${SECRET}'`,
    'secret/tsconfig.json': `{ "${SECRET}" `,
    'secret/package.json': `{ "name": "secret", "type": "module", "key": "${SECRET}" }`,
    'other/node_modules/corp/package.json': '{ "name": "corp" }',
    'other/node_modules/corp/index.js': `module.exports = '${SECRET}'`,
    'other/node_modules/corp/asset.txt': SECRET,
  });
  let count = 0;
  return {
    folder,
    canary,
    writesCanary,
    async attempt(files, entry, options) {
      const project = join(folder, 'projects', `${++count}`);
      write(project, { 'package.json': '{ "name": "attacker", "type": "module" }', ...files });
      const observed = observe();
      const since = performance.now();
      const held = watchLoop();
      const tried = await openPacking(fromModule(join(project, entry), 'default', { packTimeInS: 10, ...options }))
        .current()
        .then(
          (payload) => ({ payload, refusal: '' }),
          (error: unknown) => {
            if (!(error instanceof PackError)) throw error;
            return { payload: null, refusal: `${error.message}. ${error.hint}` };
          },
        );
      const heldInMs = held();
      const seconds = (performance.now() - since) / 1000;
      await assertUnharmed(tried, canary, observed);
      return { ...tried, seconds, heldInMs };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function write(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const at = join(folder, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(at, content);
    else if ('link' in content) symlinkSync(content.link, at);
    else content.make(at);
  }
}

interface Observed {
  readonly facts: HostFacts;
  /** Functions and values of node:os, by identity. */
  readonly os: readonly unknown[];
  readonly priority: number;
}

function observe(): Observed {
  return { facts: observeHost(), os: Object.values(os), priority: getPriority() };
}

async function assertUnharmed(
  { payload, refusal }: Pick<Attempt, 'payload' | 'refusal'>,
  canary: string,
  before: Observed,
): Promise<void> {
  assert.not.ok(existsSync(canary), `code ran on this machine: ${existsSync(canary) && readFileSync(canary, 'utf8')}`);
  assert.equal(before.facts.changes(), []);
  assert.ok(
    Object.values(os).every((value, index) => value === before.os[index]),
    'node:os has changed',
  );
  assert.is(getPriority(), before.priority);
  assert.is((Object.prototype as { polluted?: unknown }).polluted, undefined);
  assert.not.ok(refusal.includes(SECRET), refusal);
  if (payload === null) return;
  assert.not.ok(Buffer.from(payload.archive).includes(SECRET), 'the archive has a secret');
  if (payload.layer === null) return;
  for await (const piece of payload.layer.open()) assert.not.ok(Buffer.from(piece).includes(SECRET), 'the layer has a secret');
}

/** The longest time between two turns of the event loop, until it is asked. */
function watchLoop(): () => number {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}
