import { lastFrame, write } from './intercept-frames.js';
import { makeFrame } from './make-frame.js';

/** A frame to be sent with the real delimiter. */
export interface Forged {
  type: number;
  payload?: Uint8Array;
  /** Instead of the length of the payload. */
  length?: number;
  /** Is added to the number that is due. */
  skip?: number;
  /** @default 'stdout' */
  on?: 'stdout' | 'stderr';
}

const STDERR = 2;

/**
 * Sends frames as the runner does, with the delimiter and the number that are due; then waits, or works for ever, or returns a value
 * that takes a while to be sent.
 */
export default function forgesFrames(frames: Forged[], then: 'waits' | 'works' | 'returns' = 'waits'): Promise<string> {
  const { descriptor, frame } = lastFrame();
  const due = { stdout: new DataView(frame.buffer).getUint32(17) + 1, stderr: 0 };
  for (const { type, payload = new Uint8Array(0), length = payload.length, skip = 0, on = 'stdout' } of frames) {
    const number = due[on]++ + skip;
    write(on === 'stdout' ? descriptor : STDERR, makeFrame(frame, { type, number, length, payload }));
  }
  if (then === 'works') for (;;);
  if (then === 'returns') return Promise.resolve('v'.repeat(8e6));
  return new Promise(() => setInterval(() => {}, 1000));
}
