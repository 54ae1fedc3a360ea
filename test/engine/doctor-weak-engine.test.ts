import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import type { Check } from '../../src/cli/doctor-checks.js';
import { suite } from '../harness.js';
import { freePort } from '../support/free-port.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { patience } from '../support/patience.js';
import { runCli } from '../support/run-cli.js';

const { test, after } = suite('doctor on an engine whose settings weaken it', { timeoutInS: 240 * patience });

const folder = mkdtempSync(path.join(tmpdir(), 'nisher-profile-'));
let engine: OwnEngine | null = null;

after(async () => {
  await engine?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** An allow-all profile is what `unconfined` comes to, in a form that every version takes for all its containers. */
const ALLOWS_ALL = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] });

if (noOwnEngine !== null) test.skip('an engine without TLS, with a profile and a socket for everybody', noOwnEngine);
else {
  test('a profile of its own, a socket for everybody, and TCP without TLS are said, each with what to do, and fail nothing', async () => {
    const port = await freePort();
    const profile = path.join(folder, 'seccomp.json');
    writeFileSync(profile, ALLOWS_ALL);
    engine = await makeOwnEngine('--host', `tcp://127.0.0.1:${port}`, '--tls=false', '--seccomp-profile', profile);
    await engine.start();
    chmodSync(engine.socketPath, 0o666);

    const bySocket = await runCli(['doctor', '--engine', engine.url, '--json']);
    const { ok, checks } = JSON.parse(bySocket.stdout) as { ok: boolean; checks: Check[] };
    const failed = checks.filter((check) => !check.ok);
    assert.equal([ok, bySocket.exitCode, failed], [true, 0, []], bySocket.stdout);
    assert.equal(warnings(checks), ['socket', 'seccomp profile', 'engine says']);

    // TLS is asked for by the environment where the engine under test has it.
    const byTcp = await runCli(['doctor', '--engine', `tcp://127.0.0.1:${port}`], { env: { DOCKER_TLS_VERIFY: undefined } });
    assert.is(byTcp.exitCode, 0, byTcp.stdout);
    assert.match(byTcp.stdout, /^! connection +no TLS: every program of this machine.*\n +hint: .+$/m);
    assert.match(byTcp.stdout, /^! seccomp profile +\/.*, not the engine's own.*\n +hint: .+$/m);
    assert.match(byTcp.stdout, /\nAll \d+ checks passed, \d+ warnings\n$/);
  });
}

function warnings(checks: readonly Check[]): string[] {
  return checks.filter(({ warning }) => warning).map(({ name }) => name);
}
