import * as assert from 'uvu/assert';
import { connect, type Engine } from '../../src/engine/connect.js';
import { ensureImage } from '../../src/engine/image.js';

/** The engine under test, by the socket that a proxy can stand before. Its image is there: one that has to be built is tried in a container, too. */
export async function localEngine(): Promise<{ engine: Engine; enginePath: string }> {
  const engine = await connect(null);
  assert.ok(engine.endpoint.kind === 'unix');
  await ensureImage(engine);
  return { engine, enginePath: engine.endpoint.path };
}
