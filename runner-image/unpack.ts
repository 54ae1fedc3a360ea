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

/** What the bytes that come next are for. */
interface Sink {
  /** Bytes of content that are still to come. */
  left: number;
  take(piece: Uint8Array): void;
  end(): void;
}

export interface Unpacker {
  /** The next bytes, cut anyhow. @throws Error when something else than {@link unpackTo} expects is in them, or what the file system says. */
  push(piece: Uint8Array): void;
  /** @throws Error when the archive is not complete. */
  end(): void;
}

/**
 * Unpacks a payload's archive while it comes, so that it is never in memory as a whole: files, folders and symbolic links in ustar with pax
 * headers, which is what our own packing writes. Of our own as tar-stream would take more time to load than this takes to run.
 */
export function unpackTo(directory: string): Unpacker {
  const made = new Set([directory]);
  const header = new Uint8Array(BLOCK);
  let filled = 0;
  let padding = 0;
  let sink: Sink | null = null;
  let extended = new Map<string, string>();
  let isOver = false;

  function makeDirectory(path: string): void {
    if (made.has(path)) return;
    mkdirSync(path, { recursive: true });
    made.add(path);
  }

  function begin(): void {
    // Two empty blocks are the end; one will do.
    isOver = header[0] === 0;
    if (isOver) return;
    const field = (from: number, length: number) => header.subarray(from, from + length);
    const size = Number(extended.get('size') ?? octalOf(field(124, 12)));
    padding = (BLOCK - (size % BLOCK)) % BLOCK;
    const type = String.fromCharCode(header[156] || 0x30);
    if (type === 'x') {
      sink = gather(size);
      return;
    }
    const prefix = textOf(field(345, 155));
    const name = extended.get('path') ?? (prefix === '' ? '' : `${prefix}/`) + textOf(field(0, 100));
    const link = extended.get('linkpath') ?? textOf(field(157, 100));
    extended = new Map();
    const path = `${directory}/${name.replace(/\/$/, '')}`;
    makeDirectory(type === '5' ? path : path.slice(0, path.lastIndexOf('/')));
    if (type === '0') sink = writeFile(path, size, octalOf(field(100, 8)) & 0o777);
    else if (type === '2') symlinkSync(link, path);
    else if (type !== '5') throw new Error(`The archive's entry ${name} has the unknown type ${type}`);
  }

  function gather(size: number): Sink {
    const bytes = new Uint8Array(size);
    let at = 0;
    return {
      left: size,
      take(piece) {
        bytes.set(piece, at);
        at += piece.length;
      },
      end() {
        extended = paxRecords(bytes);
      },
    };
  }

  function step(piece: Uint8Array): number {
    if (sink !== null) {
      const part = piece.subarray(0, sink.left);
      sink.take(part);
      sink.left -= part.length;
      return part.length;
    }
    if (padding > 0) {
      const skipped = Math.min(padding, piece.length);
      padding -= skipped;
      return skipped;
    }
    const part = piece.subarray(0, BLOCK - filled);
    header.set(part, filled);
    filled += part.length;
    if (filled === BLOCK) {
      filled = 0;
      begin();
    }
    return part.length;
  }

  return {
    push(piece) {
      for (let at = 0; at < piece.length && !isOver; ) {
        at += step(piece.subarray(at));
        // Also right after its header: a file may be empty.
        if (sink !== null && sink.left === 0) {
          sink.end();
          sink = null;
        }
      }
    },
    end() {
      if (sink !== null || filled > 0) throw new Error('The archive ends early');
    },
  };
}

function writeFile(path: string, size: number, mode: number): Sink {
  const descriptor = openSync(path, 'w', mode);
  return {
    left: size,
    take(piece) {
      for (let at = 0; at < piece.length; ) at += writeSync(descriptor, piece, at, piece.length - at);
    },
    end: () => closeSync(descriptor),
  };
}
