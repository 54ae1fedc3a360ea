import { lastFrame, write } from './intercept-frames.js';

/** A frame to be sent with the real delimiter. */
export interface Forged {
  type: number;
  payload?: Uint8Array;
  /** Instead of the length of the payload. */
  length?: number;
  /** Is added to the number that is due. */
  skip?: number;
}

/** Sends frames as the runner does, with the delimiter and the number that are due; then waits, or works for ever. */
export default function forgesFrames(frames: Forged[], then: 'waits' | 'works' = 'waits'): Promise<never> {
  const { descriptor, frame } = lastFrame();
  const due = new DataView(frame.buffer).getUint32(17) + 1;
  frames.forEach(({ type, payload = new Uint8Array(0), length = payload.length, skip = 0 }, index) => {
    const forged = Buffer.alloc(23 + payload.length);
    forged.set(frame.subarray(0, 16));
    forged.writeUInt8(type, 16);
    forged.writeUInt32BE(due + index + skip, 17);
    forged.writeUInt16BE(length, 21);
    forged.set(payload, 23);
    write(descriptor, forged);
  });
  if (then === 'works') for (;;);
  return new Promise(() => setInterval(() => {}, 1000));
}
