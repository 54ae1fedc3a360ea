import { closeSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { fromUtf8 } from '../src/wire/bytes.js';

const BLOCK = 512;

function textOf(block: Uint8Array): string {
  const end = block.indexOf(0);
  return fromUtf8(end === -1 ? block : block.subarray(0, end));
}

function octalOf(field: Uint8Array): number {
  const digits = textOf(field).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** Records `length key=value\n` of a pax extended header; the lengths count bytes. */
function paxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(fromUtf8(bytes.subarray(at, bytes.indexOf(0x20, at))), 10);
    const record = fromUtf8(bytes.subarray(at, at + length - 1));
    const equals = record.indexOf('=');
    records.set(record.slice(record.indexOf(' ') + 1, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

function writeFile(path: string, bytes: Uint8Array, mode: number): void {
  const descriptor = openSync(path, 'w', mode);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at);
  closeSync(descriptor);
}

/**
 * Unpacks a payload's archive: files, folders and symbolic links in ustar with pax headers, which is what our own packing
 * writes. Of our own as tar-stream is made for streams, and would take more time to load than this takes to run.
 * @throws Error when something else is in it, or what the file system says.
 */
export function unpack(archive: Uint8Array, directory: string): void {
  const made = new Set([directory]);
  function makeDirectory(path: string): void {
    if (made.has(path)) return;
    mkdirSync(path, { recursive: true });
    made.add(path);
  }

  let extended = new Map<string, string>();
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const field = (from: number, length: number) => archive.subarray(at + from, at + from + length);
    const size = Number(extended.get('size') ?? octalOf(field(124, 12)));
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw new Error(`The archive ends ${size - content.length} bytes early`);
    const mode = octalOf(field(100, 8)) & 0o777;
    const type = String.fromCharCode(archive[at + 156] || 0x30);
    const prefix = textOf(field(345, 155));
    const name = extended.get('path') ?? (prefix === '' ? '' : `${prefix}/`) + textOf(field(0, 100));
    const link = extended.get('linkpath') ?? textOf(field(157, 100));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') {
      extended = paxRecords(content);
      continue;
    }
    extended = new Map();
    const path = `${directory}/${name.replace(/\/$/, '')}`;
    if (type === '5') {
      makeDirectory(path);
      continue;
    }
    makeDirectory(path.slice(0, path.lastIndexOf('/')));
    if (type === '0') writeFile(path, content, mode);
    else if (type === '2') symlinkSync(link, path);
    else throw new Error(`The archive's entry ${name} has the unknown type ${type}`);
  }
}
