import fs from 'node:fs';
import { toUtf8 } from '../src/wire/bytes.js';
import { createFrameWriter, DELIMITER_BYTES, type FrameWriter, MAX_FRAME } from '../src/wire/frames.js';
import { type End, GuestFrame, type GuestFrameType } from '../src/wire/protocol.js';

// Now, and not when they are called: the function may replace them.
const { closeSync, openSync, writeSync } = fs;
const { O_NONBLOCK, O_WRONLY } = fs.constants;

export interface Output {
  write(type: GuestFrameType): void;
  /** The encoded value's pieces, if there is one, and the end of the call. */
  end(end: End, value?: readonly Uint8Array[]): void;
}

const OWN_STDOUT = '/proc/self/fd/1';
const OWN_STDERR = '/proc/self/fd/2';

/** Room that a text of an End may take: three of them, each character up to 6 bytes in JSON, fit in a frame. */
const MAX_TEXT = 200;

function cutText(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}

/** As many names as MAX_TEXT characters hold. */
function cutNames(names: readonly string[]): string[] {
  let room = MAX_TEXT;
  return names.filter((name) => {
    room -= name.length + 3;
    return room >= 0;
  });
}

/** An end that fits in one frame: paths and names come from the function, and can have any length. */
function fitting(end: End): End {
  switch (end.status) {
    case 'uncarriable':
      return { ...end, path: cutText(end.path), problem: cutText(end.problem) };
    case 'failed':
      return { ...end, problem: cutText(end.problem) };
    case 'unloadable':
      return { ...end, problem: cutText(end.problem), place: cutText(end.place), line: cutText(end.line) };
    case 'noSuchExport':
      return { ...end, exports: cutNames(end.exports) };
    default:
      return end;
  }
}

function openFrames(path: string, delimiter: Uint8Array): FrameWriter {
  // Fails where opening for blocking writes would wait for ever: when nobody reads any more.
  closeSync(openSync(path, O_WRONLY | O_NONBLOCK));
  const descriptor = openSync(path, O_WRONLY);
  return createFrameWriter(delimiter, (frames, length) => {
    for (let at = 0; at < length; ) {
      const written = writeSync(descriptor, frames, at, length - at);
      at += written;
      // A signal ends a write early that waits for room, between two pages (gVisor, at any time). The function may have replaced what
      // Node writes with: nothing written is no progress.
      const isWhole = at === length || (written > 0 && written % MAX_FRAME === 0);
      if (!isWhole) throw new Error(`The pipe took ${written} of ${length} bytes, and tore a frame`);
    }
  });
}

function asJson(value: object): Uint8Array {
  return toUtf8(JSON.stringify(value));
}

/** Null where stderr is no pipe, as in a terminal: the host does without the mark then. */
function tryToOpenFrames(path: string, delimiter: Uint8Array): FrameWriter | null {
  try {
    return openFrames(path, delimiter);
  } catch {
    return null;
  }
}

/**
 * The runner's way to the host: descriptors of its own for the pipes that are stdout and stderr. Other open file descriptions, so
 * they stay blocking when node makes fd 1 non-blocking for process.stdout.
 */
export function openOutput(delimiter: Uint8Array): Output {
  return outputTo(openFrames(OWN_STDOUT, delimiter), tryToOpenFrames(OWN_STDERR, delimiter));
}

/** One that goes nowhere, to rehearse with. */
export function openNullOutput(): Output {
  const frames = createFrameWriter(new Uint8Array(DELIMITER_BYTES), () => {});
  return outputTo(frames, frames);
}

function outputTo(frames: FrameWriter, marks: FrameWriter | null): Output {
  return {
    write: (type) => frames.write(type),
    end(end, value = []) {
      try {
        marks?.write(GuestFrame.Flushed);
      } catch {
        // The function has closed that descriptor: the host then waits for the end of stderr itself.
      }
      frames.writeEnd(value, asJson(fitting(end)));
    },
  };
}
