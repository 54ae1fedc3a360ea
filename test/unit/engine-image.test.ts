import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { build } from 'esbuild';
import { extract } from 'tar-stream';
import * as assert from 'uvu/assert';
import { guestPrograms } from '../../runner-image/guest-files.js';
import { rootfsEntries } from '../../runner-image/rootfs.js';
import { packBuildContext } from '../../src/engine/build-context.js';
import { askHostNode, nodeIdentity } from '../../src/engine/host-node.js';
import { dockerfile, imageDigest, runnerDigest, runnerSources } from '../../src/engine/image-digest.js';
import { jsonLines } from '../../src/engine/json-lines.js';
import { suite } from '../harness.js';

const { test } = suite('engine image');

test("the digest covers every file that is bundled into the guest's programs", async () => {
  const { metafile } = await build({
    entryPoints: guestPrograms.map(({ entryPoint }) => entryPoint),
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    outdir: 'unused',
    metafile: true,
  });
  const bundled = Object.keys(metafile.inputs).map((input) => path.resolve(input));
  const covered = new Set(runnerSources());
  assert.equal(
    bundled.filter((file) => !covered.has(file) && !/\/node_modules\/(?:acorn|devalue|es-module-lexer)\//.test(file)),
    [],
  );
  assert.ok(bundled.length > 10);
});

test('the digest is stable, and another for another base or node', () => {
  assert.match(runnerDigest(), /^[0-9a-f]{16}$/);
  assert.is(nodeIdentity(), nodeIdentity());
  const digest = imageDigest('scratch', 'node');
  assert.is(imageDigest('scratch', 'node'), digest);
  assert.is.not(imageDigest('debian', 'node'), digest);
  assert.is.not(imageDigest('scratch', 'other node'), digest);
});

test('identifying node is cheap', () => {
  const since = performance.now();
  for (let n = 0; n < 10; n++) nodeIdentity();
  const eachInMs = (performance.now() - since) / 10;
  assert.ok(eachInMs < 15, `${eachInMs} ms; a hash of the whole binary takes 80`);
});

test("this machine's node, as a bare one sees itself", async () => {
  const node = await askHostNode();
  assert.ok(node.tasks >= 9 && node.tasks <= 40, `${node.tasks} threads`);
  assert.ok(node.libraries.some((library) => /\/(ld-linux|ld-musl|ld64)/.test(library)));
  assert.ok([...node.libraries, ...node.builtins].every((file) => path.isAbsolute(file)));
});

test("the build's context holds a whole small system, with its modes, in an order that can be unpacked", async () => {
  const node = { ...(await askHostNode()), binary: '/bin/sh' };
  const entries = await rootfsEntries(node, process.arch, true, async () => false);
  const found = new Map<string, { mode: number; type: string; size: number }>();
  const unpack = extract();
  const context = await packBuildContext(dockerfile(), entries);
  context.pipe(unpack as unknown as NodeJS.WritableStream);
  let text = '';
  for await (const entry of unpack) {
    const bytes = await buffer(entry);
    const { name, mode = 0, type } = entry.header;
    if (name === 'Dockerfile') text = bytes.toString();
    const parent = path.posix.dirname(name.replace(/\/$/, ''));
    assert.ok(parent === '.' || parent === 'rootfs' || found.has(`${parent}`), `${name} comes before its folder`);
    found.set(name.replace(/\/$/, ''), { mode, type: type ?? 'file', size: bytes.length });
  }
  assert.match(text, /^ARG BASE=scratch$/m);
  assert.equal(found.get('rootfs/tmp'), { mode: 0o1777, type: 'directory', size: 0 });
  assert.is(found.get('rootfs/usr/local/bin/node')?.mode, 0o755);
  assert.is(found.get('rootfs/usr/local/bin/node')?.size, readFileSync('/bin/sh').length);
  for (const file of ['nisher/runner.cjs', 'nisher/guest/index.mjs', 'nisher/guest/package.json', 'etc/passwd', 'app'])
    assert.ok(found.has(`rootfs/${file}`), file);
  for (const library of node.libraries) assert.ok(found.has(`rootfs${library}`), library);
});

test('on a base, only what it lacks is added, and its own system files stay', async () => {
  const node = await askHostNode();
  const [lacking] = node.libraries;
  const entries = await rootfsEntries(node, process.arch, false, async (file) => file !== lacking);
  const files = entries.filter(({ content }) => content !== null).map((entry) => `/${entry.path}`);
  assert.equal(
    files.filter((file) => !file.startsWith('/nisher/')),
    ['/usr/local/bin/node', lacking],
  );
});

test('JSON lines, however they are cut', async () => {
  const text = '{"stream":"é"}\r\n\n{"error":"x"}';
  for (const size of [1, 2, 3, 7, 100]) {
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_none, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    );
    const lines: unknown[] = [];
    for await (const line of jsonLines(toAsync(chunks))) lines.push(line);
    assert.equal(lines, [{ stream: 'é' }, { error: 'x' }]);
  }
});

async function* toAsync(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
