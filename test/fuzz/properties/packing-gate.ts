import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { openBudget } from '../../../src/payload/files/bounds.js';
import { openGate, RefusedError } from '../../../src/payload/files/gate.js';
import { walkFolder } from '../../../src/payload/files/walk-folder.js';
import type { Fuzzed } from '../fuzzed.js';

const name = fc.constantFrom('a', 'b', 'c', 'root', 'secret', 'x.json');
const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const target = fc.oneof(
  place,
  place.map((each) => `../${each}`),
  place.map((each) => `../../${each}`),
  fc.constantFrom('.', '..', '/', '/proc/self/environ', '/dev/zero', '/etc/passwd', 'root', '../secret'),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('file' as const), at: place }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('link' as const), at: place, to: target }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('folder' as const), at: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fifo' as const), at: place }) },
);
const asked = fc.array(fc.oneof(place, target), { minLength: 1, maxLength: 6 });

function build(folder: string, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): void {
  for (const each of steps) {
    const at = join(folder, each.at);
    try {
      // Through links that are there, as a project may have them, but never out of the folder.
      mkdirSync(dirname(at), { recursive: true });
      if (!realpathSync(dirname(at)).startsWith(folder)) continue;
      if (each.do === 'file') writeFileSync(at, `in ${each.at}`, { flag: 'wx' });
      if (each.do === 'folder') mkdirSync(at);
      if (each.do === 'link') symlinkSync(each.to, at);
      if (each.do === 'fifo') execFileSync('mkfifo', [at], { stdio: 'ignore' });
    } catch {
      // There is something already.
    }
  }
}

/** Whatever links there are, the gate reads regular files below its root and nothing else, and comes to an end. */
export const packingGate: Fuzzed = {
  name: 'packing-gate',
  quickRuns: 100,
  property: fc.property(fc.array(step, { maxLength: 14 }), asked, (steps, paths) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nisher-gate-')));
    try {
      const root = join(folder, 'root');
      mkdirSync(root);
      build(folder, steps);
      const gate = openGate(root, openBudget());
      const below = walkFolder(gate, root, { skip: () => false, askedBy: () => 'the test' });
      for (const path of [...paths.map((each) => join(root, each)), ...below]) {
        const real = existsSync(path) ? realpathSync(path) : null;
        const mayRead = real !== null && (real === root || real.startsWith(`${root}/`)) && lstatSync(real).isFile();
        let text: string | null = null;
        try {
          text = gate.read(path).toString('utf8');
        } catch (error) {
          assert.instance(error, RefusedError);
        }
        assert.is(text !== null, mayRead, `${path} is ${real}`);
      }
      assert.ok(below.every((path) => realpathSync(path).startsWith(`${root}/`)));
      return true;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }),
};
