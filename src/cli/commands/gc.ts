import { defineCommand } from '../command.js';
import { engineOption } from '../engine-option.js';
import { formatTable } from '../format-table.js';

export const gcCommand = defineCommand({
  words: ['gc'],
  describe: 'Remove containers and images of nisher that nobody owns any more',
  options: {
    'dry-run': { type: 'boolean', alias: 'n', describe: 'only say what would be removed' },
    engine: engineOption,
  },
  examples: [['$0 gc --dry-run', 'look first']],
  epilogue:
    'Containers of programs that still run are never touched, nor images that this version uses or that have a --base.\nExit code: 0, or 1 when an image is still in use.',
  run: async ({ 'dry-run': dryRun = false, engine = null }) => {
    const { connect } = await import('../../engine/connect.js');
    const { collectGarbage } = await import('../../engine/garbage.js');
    const { containers, images, kept } = await collectGarbage(await connect(engine), { images: true, dryRun });
    const rows = [
      ...containers.map(({ name, reason }) => ['container', name, reason]),
      ...images.map(({ tag, reason }) => ['image', tag, reason]),
    ];
    if (rows.length > 0) console.log(formatTable(rows));
    for (const { tag, problem } of kept) console.error(`nisher: ${tag} is not removed: ${problem}`);
    const count = `${containers.length} container${containers.length === 1 ? '' : 's'} and ${images.length} image${images.length === 1 ? '' : 's'}`;
    console.log(rows.length === 0 ? 'Nothing to remove' : `${dryRun ? 'Would remove' : 'Removed'} ${count}`);
    return kept.length === 0 ? 0 : 1;
  },
});
