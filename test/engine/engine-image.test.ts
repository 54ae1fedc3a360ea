import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import * as assert from 'uvu/assert';
import { connect, type Engine } from '../../src/engine/connect.js';
import { openDockerEngine } from '../../src/engine/docker-engine.js';
import { EngineError } from '../../src/engine/engine-error.js';
import { collectGarbage } from '../../src/engine/garbage.js';
import { currentDigest, ensureImage, forgetImages } from '../../src/engine/image.js';
import { listImages, removeImages } from '../../src/engine/images.js';
import { suite } from '../harness.js';
import { finish, specOf } from './engine-sandbox.js';

const { test, before, after } = suite('engine image', { timeoutInS: 120 });

const tag = `nisher-test-${process.pid}`;
let engine: Engine;
before(async () => {
  engine = await connect(null);
  await ensureImage(engine);
});

const made: string[] = [];
after(async () => {
  for (const name of made) await engine.docker.getImage(name).remove({ force: true });
});

/** An image of a few files, without pulling anything. */
async function makeImage(name: string, files: Record<string, string>, labels: Record<string, string> = {}): Promise<string> {
  const context = pack();
  context.entry({ name: 'Dockerfile' }, 'FROM scratch\nCOPY files/ /\n');
  for (const [file, content] of Object.entries(files)) context.entry({ name: `files/${file}` }, content);
  context.finalize();
  const answer = (await engine.docker.buildImage(Readable.from(context) as NodeJS.ReadableStream, {
    t: name,
    labels,
  })) as Readable;
  for await (const chunk of answer) assert.not.match(String(chunk), /"error"/);
  made.push(name);
  return name;
}

async function refusal(request: Parameters<typeof ensureImage>[1]): Promise<EngineError> {
  try {
    await ensureImage(engine, request);
  } catch (error) {
    assert.instance(error, EngineError);
    assert.ok((error as EngineError).hint);
    return error as EngineError;
  }
  throw new Error('The image was accepted');
}

test('built once, found afterwards, by other programs too', async () => {
  const progress: string[] = [];
  const { name, tasks } = await ensureImage(engine, { onProgress: (line) => progress.push(line) });
  assert.equal(progress, []);
  assert.match(name, /^nisher-runner:[0-9a-f]{16}$/);
  assert.ok(tasks >= 9 && tasks <= 40);
  const source = `import(${JSON.stringify(new URL('../../src/engine/image.ts', import.meta.url).href)}).then(({ currentDigest }) => console.log(currentDigest()))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), '--eval', source]);
  assert.is(`nisher-runner:${stdout.trim()}`, name);
  const { Config } = await engine.docker.getImage(name).inspect();
  assert.is(Config.Labels['nisher.node'], process.version);
  assert.is(Config.Labels['nisher.image'], currentDigest());
});

test("the image's node is this one, and the runner starts and leaves with its input", async () => {
  const docker = await openDockerEngine();
  const { stdout } = await finish(await docker.start(specOf('console.log(process.version, process.arch, process.execPath)')));
  assert.is(stdout, `${process.version} ${process.arch} /usr/local/bin/node\n`);
  const sandbox = await docker.start({ ...specOf(''), nodeArguments: [] });
  sandbox.stdin.end();
  const { exit, stderr } = await finish(sandbox);
  assert.is(exit.kind, 'exited');
  assert.is(stderr, '');
});

test('the threads that the label counts are those that there are', async () => {
  const docker = await openDockerEngine();
  const { tasks } = await ensureImage(engine);
  const source =
    "require('node:fs').stat('/', () => console.log(/^Threads:\\s*(\\d+)/m.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]))";
  assert.is((await finish(await docker.start(specOf(source)))).stdout, `${tasks}\n`);
});

test('an image that is not there', async () => {
  const error = await refusal({ image: 'nisher-nowhere:1' });
  assert.is(error.kind, 'no-image');
  assert.match(error.message, /`nisher-nowhere:1`.*nisher image build --base/);
});

test("an image without our runner, or with another version's", async () => {
  const foreign = await makeImage(`${tag}:foreign`, { 'etc/x': 'x' });
  const error = await refusal({ image: foreign });
  assert.is(error.kind, 'foreign-image');
  assert.match(error.message, new RegExp(`nisher image build --base ${foreign}`));

  const old = await makeImage(
    `${tag}:old`,
    { 'etc/x': 'x' },
    { 'nisher.image': 'x', 'nisher.runner': 'older', 'nisher.base': 'debian:12' },
  );
  assert.match((await refusal({ image: old })).message, /another version.*nisher image build --base debian:12/);

  const { images } = await collectGarbage(engine, { images: true, dryRun: true });
  assert.equal(
    images.filter((image) => image.tag === old),
    [{ tag: old, reason: "its runner is another version's" }],
  );
  const [summary] = (await listImages(engine)).filter((image) => image.tag === old);
  assert.is(summary?.base, 'debian:12');
  assert.equal(await removeImages(engine, summary === undefined ? [] : [summary]), [null]);
  made.splice(made.indexOf(old), 1);
  assert.is(
    (await listImages(engine)).find((image) => image.tag === old),
    undefined,
  );
});

test('a base that is not there is not pulled', async () => {
  const error = await refusal({ base: 'nisher-nowhere:1' });
  assert.is(error.kind, 'no-image');
  assert.match(error.message, /docker pull nisher-nowhere:1/);
});

test('on a base: its files stay, the runner and node come on top; two at once build once', async () => {
  const base = await makeImage(`${tag}:base`, { 'etc/base': 'of the base', 'etc/passwd': 'base:x:0:0::/:/\n' });
  const progress: string[] = [];
  const onProgress = (line: string) => progress.push(line);
  const [one, other] = await Promise.all([
    ensureImage(engine, { base, onProgress }),
    ensureImage(engine, { base, onProgress }),
  ]);
  made.push(one.name);
  assert.equal(one, other);
  assert.is(one.base, base);
  assert.is(progress.length, 2, progress.join('\n'));
  assert.match(progress[0] ?? '', new RegExp(`Building ${one.name} on ${base}`));
  const docker = await openDockerEngine({ image: one.name });
  const source =
    "const { readFileSync } = require('node:fs'); console.log(readFileSync('/etc/base', 'utf8') + readFileSync('/etc/passwd', 'utf8'))";
  assert.is(
    (await finish(await docker.start(specOf(source)))).stdout.startsWith('of the basebase:x:0:0::/:/\n'),
    true,
    'Podman adds a line for the user',
  );
  const { images } = await collectGarbage(engine, { images: true, dryRun: true });
  assert.equal(
    images.filter((image) => image.tag === one.name),
    [],
    'somebody asked for it',
  );
});

test('a base on which node cannot run is refused at once, and says why', async () => {
  // A C library of another kind stands where node's is.
  const libc = process.report as unknown as { excludeNetwork: boolean; getReport(): { sharedObjects: string[] } };
  libc.excludeNetwork = true;
  const file = libc.getReport().sharedObjects.find((library) => /\/libc\.so/.test(library));
  if (file === undefined) return;
  const base = await makeImage(`${tag}:broken`, { [file.slice(1)]: 'no library' });
  const error = await refusal({ base });
  assert.is(error.kind, 'build-failed');
  const [, name = ''] = /does not run in the new image (\S+): .*libc/s.exec(error.message) ?? [];
  assert.ok(name, error.message);
  assert.not.ok(
    (await listImages(engine)).some((image) => image.tag === name),
    'nobody takes it for a good one',
  );
});

test('removed while a program runs: built again for the next call', async () => {
  const docker = await openDockerEngine();
  const { name } = await ensureImage(engine);
  await finish(await docker.start(specOf('')));
  // A tag less is an image less, without disturbing whoever uses it now.
  const image: Docker.Image = engine.docker.getImage(name);
  const { Id } = await image.inspect();
  await engine.docker.getImage(Id).tag({ repo: tag, tag: 'kept' });
  made.push(`${tag}:kept`);
  await image.remove();
  assert.is((await finish(await docker.start(specOf('process.exit(6)')))).exit.kind, 'exited');
  assert.ok((await engine.docker.getImage(name).inspect()).Id);
  forgetImages(engine);
});
