import { openSync, readFileSync, readSync, writeSync } from 'node:fs';

const job = /"delimiter":"([0-9a-f]{32})"/;

/** The job that the host sent lies somewhere in this process's memory, and the delimiter in it. */
function findDelimiter(): Buffer | undefined {
  const memory = openSync('/proc/self/mem', 'r');
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    const start = Number.parseInt(from, 16);
    const length = Number.parseInt(to, 16) - start;
    if (!(length > 0 && length < 2 ** 26)) continue;
    const bytes = Buffer.alloc(length);
    try {
      readSync(memory, bytes, 0, length, start);
    } catch {
      continue;
    }
    const found = job.exec(bytes.toString('latin1'));
    if (found !== null) return Buffer.from(found[1] ?? '', 'hex');
  }
  return undefined;
}

function frame(delimiter: Buffer, type: number, sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(7);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(sequence, 1);
  header.writeUInt16BE(payload.length, 5);
  return Buffer.concat([delimiter, header, payload]);
}

/** Sends a value of its own choice through its stdout, with the delimiter from its memory. Three frames went before. */
export default function readsOwnMemory(value: Uint8Array, end: Uint8Array): Promise<never> {
  const delimiter = findDelimiter();
  if (delimiter === undefined) throw new Error('The delimiter is not in memory');
  writeSync(1, frame(delimiter, 4, 3, Buffer.from(value)));
  writeSync(1, frame(delimiter, 5, 4, Buffer.from(end)));
  return new Promise(() => setInterval(() => {}, 1000));
}
