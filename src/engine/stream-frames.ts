/**
 * The engine's format for two outputs on one connection: frames of `stream (u8) · 0 0 0 · length (u32 BE) · payload`.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */

const HEADER_IN_BYTES = 8;

export interface FrameReader {
  /** Takes the next piece, however the bytes were cut; returns what is wrong with it, or null. */
  take(chunk: Buffer): Error | null;
  /** To be called at the end; returns an error when that is in the middle of a frame. */
  end(): Error | null;
}

/**
 * Reads frames from pieces of any size: payloads are passed on as they come, without a copy, and nothing is kept but half a
 * header. The stream is 0 (an echo of stdin, which counts as stdout), 1 or 2; any other byte means that these are no frames.
 */
export function createFrameReader(deliver: (stream: 'stdout' | 'stderr', payload: Buffer) => void): FrameReader {
  const header = Buffer.alloc(HEADER_IN_BYTES);
  let headerFilled = 0;
  let stream: 'stdout' | 'stderr' = 'stdout';
  let payloadLeft = 0;

  return {
    take(chunk) {
      let position = 0;
      while (position < chunk.length) {
        if (payloadLeft > 0) {
          const payload = chunk.subarray(position, position + payloadLeft);
          position += payload.length;
          payloadLeft -= payload.length;
          deliver(stream, payload);
          continue;
        }
        const copied = chunk.copy(header, headerFilled, position, position + HEADER_IN_BYTES - headerFilled);
        position += copied;
        headerFilled += copied;
        if (headerFilled < HEADER_IN_BYTES) break;
        headerFilled = 0;
        if ((header[0] as number) > 2 || header[1] !== 0 || header[2] !== 0 || header[3] !== 0) {
          return new Error(`The engine sent ${header.toString('hex')} where the header of a frame belongs`);
        }
        stream = header[0] === 2 ? 'stderr' : 'stdout';
        payloadLeft = header.readUInt32BE(4);
      }
      return null;
    },
    end() {
      if (payloadLeft === 0 && headerFilled === 0) return null;
      return new Error('The engine ended the connection in the middle of a frame');
    },
  };
}
