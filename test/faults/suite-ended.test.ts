import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { becomesTrue } from '../../src/engine/becomes-true.js';
import { suite } from '../harness.js';
import { processesNaming } from '../support/clear-away.js';
import { noOwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { killGroup } from '../support/process-group.js';

/** These suites themselves: a developer's Ctrl-C in one, or its time limit, leaves no engine behind. */
const { test } = suite('suites that are ended', { unless: noOwnEngine, timeoutInS: 120 });

const file = fileURLToPath(new URL('../fixtures/faults/own-engine.ts', import.meta.url));

for (const end of ['SIGINT', 'SIGKILL'] as const)
  test(`an engine of a test's own goes with the suite that gets ${end}, and so do its files`, async () => {
    const program = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const [line] = await once(program.stdout.setEncoding('utf8'), 'data');
    const [status, folder = ''] = String(line).trim().split(' ');
    assert.is(status, '0');
    assert.ok(processesNaming(`${folder}/`).length >= 2, 'dockerd and its containerd');
    // As a terminal sends it: to the whole group.
    const pid = Number(program.pid);
    if (end === 'SIGINT') process.kill(-pid, end);
    else killGroup(pid);
    await becomesTrue(() => processesNaming(folder).length === 0 && !existsSync(folder), 20_000 * patience, 100);
    assert.equal(processesNaming(folder), []);
    assert.not.ok(existsSync(folder));
  });
