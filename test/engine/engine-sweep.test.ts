import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { connect, type Engine } from '../../src/engine/connect.js';
import { collectGarbage } from '../../src/engine/garbage.js';
import { ensureImage } from '../../src/engine/image.js';
import { DEADLINE_LABEL, OWNER_LABEL } from '../../src/engine/labels.js';
import { formatOwner, thisOwner } from '../../src/engine/owner.js';
import { sweep } from '../../src/engine/sweep.js';
import { suite } from '../harness.js';
import { patience } from '../support/patience.js';
import { isGone } from './engine-sandbox.js';

const { test, before } = suite('engine sweep');

let engine: Engine;
let image: string;
before(async () => {
  engine = await connect(null);
  image = (await ensureImage(engine)).name;
});

const goneOwner = formatOwner({ ...thisOwner(), pid: 2 ** 22 + 1 });
const otherMachine = formatOwner({ ...thisOwner(), machine: 'somewhere else' });

/** A container that the engine does not remove by itself. */
async function leave(labels: Record<string, string>, running: boolean): Promise<string> {
  const container = await engine.docker.createContainer({
    Image: image,
    Entrypoint: ['/usr/local/bin/node'],
    Cmd: ['--eval', 'setTimeout(() => {}, 60000)'],
    Labels: labels,
    HostConfig: { NetworkMode: 'none', Init: true },
  });
  if (running) await container.start();
  return container.id;
}

async function take(id: string): Promise<void> {
  await engine.docker
    .getContainer(id)
    .remove({ force: true })
    .catch(() => {});
}

test('takes what a program that is gone has left, and nothing else', async () => {
  const past = `${Date.now() - 3_600_000}`;
  const [running, created, own, elsewhere, elsewhereLate, strangers] = await Promise.all([
    leave({ [OWNER_LABEL]: goneOwner }, true),
    leave({ [OWNER_LABEL]: goneOwner }, false),
    leave({ [OWNER_LABEL]: formatOwner(thisOwner()), [DEADLINE_LABEL]: past }, true),
    leave({ [OWNER_LABEL]: otherMachine, [DEADLINE_LABEL]: `${Date.now() + 60_000}` }, false),
    leave({ [OWNER_LABEL]: otherMachine, [DEADLINE_LABEL]: past }, false),
    leave({}, false),
  ]);
  try {
    const planned = await collectGarbage(engine, { images: false, dryRun: true });
    const plannedIds = planned.containers.map(({ id }) => id);
    for (const id of [running, created, elsewhereLate]) assert.ok(plannedIds.includes(id));
    assert.not.ok(await isGone(running), 'a dry run removes nothing');

    const swept = await sweep(engine);
    const reasonOf = (id: string) => swept.find((container) => container.id === id)?.reason ?? 'kept';
    assert.match(reasonOf(running), /program that started it is gone/);
    assert.match(reasonOf(created), /program that started it is gone/);
    assert.match(reasonOf(elsewhereLate), /deadline/);
    for (const id of [running, created, elsewhereLate]) assert.ok(await isGone(id));
    for (const id of [own, elsewhere, strangers]) {
      assert.is(reasonOf(id), 'kept');
      assert.not.ok(await isGone(id));
    }
  } finally {
    await Promise.all([running, created, own, elsewhere, elsewhereLate, strangers].map(take));
  }
});

const engineModule = JSON.stringify(new URL('../../src/engine/docker-engine.ts', import.meta.url).href);
const helpers = JSON.stringify(new URL('./engine-sandbox.ts', import.meta.url).href);

/** A program that starts a container of the runner, tells its id, and half a second after a word on stdin comes to its end in some way. */
function program(nodeSource: string, ending: string): ChildProcess {
  const source = `
    const { openDockerEngine } = await import(${engineModule});
    const { specOf } = await import(${helpers});
    const engine = await openDockerEngine();
    const sandbox = await engine.start(${nodeSource});
    process.stdout.write(sandbox.id + '\\n');
    process.stdin.once('data', () => setTimeout(() => { ${ending} }, 500));`;
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', source], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

async function idFrom(child: ChildProcess): Promise<string> {
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return line.toString().trim();
}

async function goneWithin(id: string, seconds: number): Promise<boolean> {
  for (const deadline = performance.now() + seconds * 1000 * patience; performance.now() < deadline; await sleep(100))
    if (await isGone(id)) return true;
  return false;
}

const endings: readonly [string, string][] = [
  ['exits', 'process.exit(0)'],
  ['throws', "throw new Error('oh')"],
  ['is killed', "process.kill(process.pid, 'SIGKILL')"],
];

for (const [name, ending] of endings) {
  test(`a program that ${name} in the middle of a call leaves nothing`, async () => {
    const child = program("{ ...specOf(''), nodeArguments: [] }", ending);
    const id = await idFrom(child);
    assert.not.ok(await isGone(id));
    child.stdin?.end('now');
    await once(child, 'exit');
    assert.ok(await goneWithin(id, 10), 'the runner did not leave with its input');
  });
}

test('a busy loop that its program left behind: the kernel ends it, or the next sweep does', async () => {
  const child = program(
    "specOf('for (;;);', { cpuBackstopInS: { soft: 2, hard: 3 } })",
    "process.kill(process.pid, 'SIGKILL')",
  );
  const id = await idFrom(child);
  child.stdin?.end('now');
  await once(child, 'exit');
  assert.ok(await goneWithin(id, 20), 'the CPU backstop did not end it');

  const endless = program("specOf('for (;;);', { cpuBackstopInS: null })", "process.kill(process.pid, 'SIGKILL')");
  const endlessId = await idFrom(endless);
  endless.stdin?.end('now');
  await once(endless, 'exit');
  await sweep(engine);
  assert.ok(await goneWithin(endlessId, 10));
});
