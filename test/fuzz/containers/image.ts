import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { RootfsEntry } from '../../../runner-image/rootfs.js';
import { packBuildContext } from '../../../src/engine/build-context.js';
import { connect } from '../../../src/engine/connect.js';
import { ensureImage } from '../../../src/engine/image.js';
import { jsonLines } from '../../../src/engine/json-lines.js';
import { PROGRAM_PATH, type Step } from '../../fixtures/hostile-runner/program.js';

const built = new Map<string, Promise<string>>();

/**
 * The runner image with a hostile runner in the place of its own, under the labels that make nisher take it for one.
 * @param program null: each call brings its own, as a variable of its environment
 */
export async function hostileImage(program: readonly Step[] | null): Promise<string> {
  const key = JSON.stringify(program);
  const building = built.get(key) ?? buildHostileImage(program);
  built.set(key, building);
  return await building;
}

async function buildHostileImage(program: readonly Step[] | null): Promise<string> {
  const engine = await connect(null);
  const { name: base } = await ensureImage(engine);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../fixtures/hostile-runner/runner.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    write: false,
  });
  const file = (path: string, content: Buffer): RootfsEntry => ({ path, mode: 0o644, content });
  const entries = [
    file('nisher/runner.cjs', Buffer.from(outputFiles[0]?.contents ?? [])),
    ...(program === null ? [] : [file(PROGRAM_PATH.slice(1), Buffer.from(JSON.stringify(program)))]),
  ];
  const digest = createHash('sha256')
    .update(`${process.pid} ${JSON.stringify(program)}`)
    .digest('hex');
  const name = `nisher-hostile:${digest.slice(0, 16)}`;
  const context = await packBuildContext(`FROM ${base}\nCOPY rootfs/ /\n`, entries);
  const answer = await engine.docker.buildImage(context, { t: name, rm: true, forcerm: true });
  for await (const { error } of jsonLines(answer as AsyncIterable<Buffer> & NodeJS.ReadableStream)) {
    if (error !== undefined) throw new Error(`The hostile image could not be built: ${JSON.stringify(error)}`);
  }
  return name;
}

/** Removes all that this program has built. */
export async function removeHostileImages(): Promise<void> {
  const { docker } = await connect(null);
  const names = await Promise.allSettled(built.values());
  built.clear();
  for (const name of names) if (name.status === 'fulfilled') await docker.getImage(name.value).remove({ force: true });
}
