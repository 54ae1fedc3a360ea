import { Worker } from 'node:worker_threads';
import { lastHeader } from '../runner/intercept-frames.js';

/** Half a second after its module was loaded, a thread sends what it is given, with the real delimiter and the number that is due. */
const thread = `
  const { header, type, payload } = require('node:worker_threads').workerData;
  setTimeout(() => {
    const frame = Buffer.concat([header, Buffer.from(payload, 'base64')]);
    frame.writeUInt8(type, 16);
    frame.writeUInt32BE(frame.readUInt32BE(17) + 1, 17);
    frame.writeUInt16BE(frame.length - header.length, 21);
    require('node:fs').writeSync(1, frame);
  }, 500);`;
const { TYPE, PAYLOAD = '' } = process.env;
new Worker(thread, { eval: true, workerData: { header: lastHeader, type: Number(TYPE), payload: PAYLOAD } });

export default function returns(): string {
  return 'returned';
}
