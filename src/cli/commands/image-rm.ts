import { defineCommand } from '../command.js';
import { engineOption } from '../engine-option.js';
import { UsageError } from '../usage-error.js';

export const imageRmCommand = defineCommand({
  words: ['image', 'rm'],
  positionals: '[images..]',
  describe: 'Remove images that nisher made, never others',
  options: {
    all: { type: 'boolean', alias: 'a', describe: 'all of them' },
    engine: engineOption,
  },
  build: (argv) =>
    argv.positional('images', { type: 'string', array: true, describe: 'names as `nisher image ls` lists them' }),
  examples: [['$0 image rm --all', 'the next call makes a new one']],
  epilogue: 'Exit code: 0 when they are gone, 1 when one is still in use.',
  run: async ({ all = false, engine = null }, raw) => {
    const names = (raw.images as string[] | undefined) ?? [];
    if (all === names.length > 0) throw new UsageError('Which images?', 'Name some that `nisher image ls` lists, or say --all');
    const { connect } = await import('../../engine/connect.js');
    const { listImages, removeImages } = await import('../../engine/images.js');
    const connected = await connect(engine);
    const images = await listImages(connected);
    const isNamed = (name: string) => (image: { tag: string; id: string }) => image.tag === name || image.id === name;
    const unknown = names.find((name) => !images.some(isNamed(name)));
    if (unknown !== undefined) throw new UsageError(`No image of nisher is called \`${unknown}\``, 'See `nisher image ls`');
    const chosen = all ? images : images.filter((image) => names.some((name) => isNamed(name)(image)));
    const problems = await removeImages(connected, chosen);
    for (const [index, { tag }] of chosen.entries()) {
      const problem = problems[index] ?? null;
      if (problem === null) console.log(`Removed ${tag}`);
      else console.error(`nisher: ${tag} is not removed: ${problem}`);
    }
    return problems.every((problem) => problem === null) ? 0 : 1;
  },
});
