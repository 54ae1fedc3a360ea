import type { EngineError } from '../../engine/engine-error.js';
import { defineCommand } from '../command.js';

export const engineStartCommand = defineCommand({
  words: ['engine', 'start'],
  describe: 'Use a reachable engine, or start a private one',
  options: {},
  examples: [
    ['sudo $0 engine start', 'a dockerd with its own socket and data; nothing of the system is touched'],
    ['sudo $0 engine stop', 'ends it'],
  ],
  run: async () => {
    const { connect } = await import('../../engine/connect.js');
    const { startPrivateEngine } = await import('../../engine/private-engine.js');
    const reachable = await connect(null).catch((error: unknown) => error as EngineError);
    if (!(reachable instanceof Error)) {
      const { endpoint, info } = reachable;
      console.log(`An engine answers at ${endpoint.url} (${info.flavour} ${info.version}): it is used, nothing is started`);
      return 0;
    }
    // A socket that may not be used, or a URL that is wrong, is to be mended: a second engine would hide it.
    if (reachable.kind !== 'no-engine' && reachable.kind !== 'no-answer') throw reachable;
    const { endpoint, pid, started } = await startPrivateEngine();
    console.log(`${started ? 'Started a private engine' : 'The private engine runs already'}: ${endpoint}, pid ${pid}`);
    console.log('`nisher engine stop` ends it');
    const found = await connect(null).catch((error: unknown) => error as EngineError);
    if (found instanceof Error)
      console.error(`nisher: it is not found by itself, though: ${found.summary}. Use --engine ${endpoint}`);
    return 0;
  },
});
