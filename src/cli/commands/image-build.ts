import { defineCommand } from '../command.js';
import { engineOption } from '../engine-option.js';

export const imageBuildCommand = defineCommand({
  words: ['image', 'build'],
  describe: 'Make the image that functions run in; nothing is pulled',
  options: {
    base: {
      type: 'string',
      requiresArg: true,
      describe: "an image of yours to add nisher's runner to (default: this machine's node)",
    },
    engine: engineOption,
  },
  examples: [
    ['$0 image build', 'what the first call does by itself'],
    ['$0 image build --base python:3', 'prints the name for nisher run --image, or getContext'],
  ],
  epilogue: 'stdout is the name of the image alone.',
  run: async ({ base = null, engine = null }) => {
    const { connect } = await import('../../engine/connect.js');
    const { ensureImage } = await import('../../engine/image.js');
    const { name } = await ensureImage(await connect(engine), { base, onProgress: (line) => console.error(line) });
    console.log(name);
    return 0;
  },
});
