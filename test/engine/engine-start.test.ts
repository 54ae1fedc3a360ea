/** A container whose runtime is killed when it has made the container, and has not been told to go on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { enforceLimits, getContext } from '../../src/index.js';
import { suite } from '../harness.js';
import { freePort } from '../support/free-port.js';
import { makeOwnEngine, noOwnEngine, type OwnEngine } from '../support/own-engine.js';
import { withEnv } from '../support/with-env.js';

const { test, before, after } = suite('starts that are cut off', { unless: noOwnEngine, timeoutInS: 120 });

/**
 * The engine's own runtime, and something that befalls the container's first process, `$pid`, before it may go on.
 * @param mishap a line of sh
 */
const runtimeWith = (mishap: string) => `#!/bin/sh
runc "$@" || exit
case " $* " in *" create "*) ;; *) exit 0 ;; esac
while [ "$1" != --pid-file ]; do shift; done
pid=$(cat "$2")
${mishap}
while [ -d /proc/$pid ] && ! grep -q '^State:.Z' /proc/$pid/status; do sleep 0.01; done
exit 0
`;

/**
 * Fills the container's memory with what belongs to none of its processes, a file in a tmpfs, so that the OOM killer takes the first
 * process: as a runtime that is itself too large for the limit, but each time.
 */
const starves = `
cgroup=$(sed -n 's/^0::/\\/sys\\/fs\\/cgroup/p' /proc/$pid/cgroup)
[ -e "$cgroup/memory.max" ] || cgroup=/sys/fs/cgroup/memory$(sed -n 's/.*:memory://p' /proc/$pid/cgroup)
(
  sh -c 'echo $PPID' > "$cgroup/cgroup.procs"
  exec dd if=/dev/zero of=/dev/shm/nisher-starves-$pid bs=64k count=512
)
rm /dev/shm/nisher-starves-$pid`;

const folder = mkdtempSync(path.join(tmpdir(), 'nisher-runtimes-'));
let own: OwnEngine | null = null;
let byTcp = '';
before(async () => {
  if (noOwnEngine !== null) return;
  const runtimes = Object.entries({ starved: starves, killed: 'kill -KILL $pid' }).map(([name, mishap]) => {
    const file = path.join(folder, name);
    writeFileSync(file, runtimeWith(mishap), { mode: 0o755 });
    return `--add-runtime=${name}=${file}`;
  });
  byTcp = `tcp://127.0.0.1:${await freePort()}`;
  own = await makeOwnEngine(...runtimes, '--host', byTcp, '--tls=false');
  await own.start();
});
after(async () => {
  await own?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function call(runtime: string, memInMb: number | null, engine = (own as OwnEngine).url) {
  const outcome = await enforceLimits({ memInMb, wallTimeInS: 30, context: getContext('spawn', { engine, runtime }) })(
    () => 1,
  ).run();
  const { docker } = await connect(engine);
  assert.equal(
    (await docker.listContainers({ all: true })).map(({ Names, State }) => `${Names} is ${State}`),
    [],
  );
  return outcome;
}

test('the OOM killer struck: the memory limit', async () => {
  const { exitStatus, error } = await call('starved', 16);
  assert.is(exitStatus, 'MemorylimitException', error?.message);
  assert.match(error?.message ?? '', /the kernel killed it for memory: memInMb is 16/);
});

test('somebody else did: no word of memory but in the hint', async () => {
  // Enough for any runtime, whom the OOM killer would otherwise take first on cgroup v2.
  for (const memInMb of [64, null]) {
    const { exitStatus, error } = await call('killed', memInMb);
    assert.is(exitStatus, 'PynisherError', error?.message);
    assert.match(error?.message ?? '', /cannot start a (stopped process|container that has stopped)/, error?.message);
    assert.match(error?.hint ?? '', /killed before it could begin/);
  }
});

test('an engine that may be on another machine: what the OOM killer of this one did is no reason', async () => {
  // By which the engine under test may be reached.
  const { exitStatus, error } = await withEnv({ DOCKER_TLS_VERIFY: undefined }, () => call('starved', 16, byTcp));
  assert.is(exitStatus, 'PynisherError', error?.message);
  assert.match(error?.hint ?? '', /raise memInMb/);
});
