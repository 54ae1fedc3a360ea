import { defineCommand } from '../command.js';

export const engineStopCommand = defineCommand({
  words: ['engine', 'stop'],
  describe: 'End the private engine, never another one',
  options: {
    purge: { type: 'boolean', describe: 'remove its images and containers from disk as well' },
  },
  examples: [['sudo $0 engine stop --purge', 'and leave nothing of it on disk']],
  run: async ({ purge = false }) => {
    const { stopPrivateEngine } = await import('../../engine/private-engine.js');
    const { stoppedPid } = await stopPrivateEngine({ purge });
    console.log(stoppedPid === null ? 'The private engine was not running' : `Stopped the private engine (pid ${stoppedPid})`);
    return 0;
  },
});
