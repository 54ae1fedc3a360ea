/** What the host says to the runner: `type u8 · length u32 BE · payload`. */
import { sizeOf } from './bytes.js';
import { HostMessage } from './protocol.js';
import { ProtocolError } from './wire-errors.js';

export type HostMessageType = (typeof HostMessage)[keyof typeof HostMessage];

const HEADER_BYTES = 5;
const MAX_LENGTH = 2 ** 32 - 1;

/**
 * A message in pieces to be written one after another; big payloads are not copied.
 * @throws RangeError when the payload has 4 GiB or more.
 */
export function encodeMessage(type: HostMessageType, ...payload: Uint8Array[]): Uint8Array[] {
  const length = sizeOf(payload);
  if (length > MAX_LENGTH) throw new RangeError(`A message of ${length} bytes, of at most ${MAX_LENGTH}`);
  const head = new Uint8Array(HEADER_BYTES);
  const view = new DataView(head.buffer);
  view.setUint8(0, type);
  view.setUint32(1, length);
  return [head, ...payload];
}

export interface MessageParser {
  /** The next bytes, cut anyhow; they are copied. @throws ProtocolError when a message has a type that does not exist. */
  push(chunk: Uint8Array): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Puts messages together again. The declared length is believed, and that memory taken at once: the host is who limits.
 * @param onCode Takes the payload of a Code message piece by piece, so that it is never in memory as a whole; its message comes afterwards,
 * and is empty. A piece is used again once the function has returned. Without it, Code is a message like others.
 */
export function createMessageParser(
  onMessage: (type: HostMessageType, payload: Uint8Array) => void,
  onCode?: (piece: Uint8Array) => void,
): MessageParser {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  let target = header;
  let filled = 0;
  /** Bytes of code that are still to come. */
  let codeLeft = 0;

  function complete(): void {
    const type = view.getUint8(0) as HostMessageType;
    if (target === header) {
      if (type < HostMessage.Job || type > HostMessage.Release)
        throw new ProtocolError(`A message of the unknown type ${type}`);
      const isStreamed = type === HostMessage.Code && onCode !== undefined;
      codeLeft = isStreamed ? view.getUint32(1) : 0;
      target = isStreamed ? NOTHING : new Uint8Array(view.getUint32(1));
      filled = 0;
      if (target.length > 0 || codeLeft > 0) return;
    }
    const payload = target;
    target = header;
    filled = 0;
    onMessage(type, payload);
  }

  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (codeLeft > 0) {
          const piece = chunk.subarray(at, at + codeLeft);
          codeLeft -= piece.length;
          at += piece.length;
          onCode?.(piece);
          if (codeLeft === 0) complete();
          continue;
        }
        const part = chunk.subarray(at, at + target.length - filled);
        target.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === target.length) complete();
      }
    },
  };
}
