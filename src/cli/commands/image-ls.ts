import { formatJson } from '../../outcome/json-text.js';
import { defineCommand } from '../command.js';
import { engineOption } from '../engine-option.js';
import { formatTable } from '../format-table.js';

export const imageLsCommand = defineCommand({
  words: ['image', 'ls'],
  describe: 'List the images that nisher made',
  options: {
    engine: engineOption,
    json: { type: 'boolean', describe: 'print them as one line of JSON' },
  },
  examples: [['$0 image ls', 'newest first']],
  run: async ({ engine = null, json }) => {
    const { connect } = await import('../../engine/connect.js');
    const { listImages } = await import('../../engine/images.js');
    const images = await listImages(await connect(engine));
    if (json) console.log(formatJson(images));
    else if (images.length === 0) console.log('No images: the first call makes one, or `nisher image build`');
    else {
      const rows = images.map(({ tag, node, base, sizeInBytes, created, packages, used }) => [
        tag,
        node,
        `${base ?? "this machine's node"}${packages === null ? '' : ', packages'}`,
        `${(sizeInBytes / 2 ** 20).toFixed(0)} MB`,
        created.toISOString().slice(0, 16).replace('T', ' '),
        used === null ? '' : used.toISOString().slice(0, 10),
      ]);
      console.log(formatTable([['IMAGE', 'NODE', 'BASE', 'SIZE', 'CREATED (UTC)', 'USED'], ...rows]));
    }
    return 0;
  },
});
