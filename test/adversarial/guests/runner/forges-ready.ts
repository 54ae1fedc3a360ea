import { lastFrame, write } from './intercept-frames.js';

/** Has seen the runner's frame Ready, and sends it again and again: each would begin the call's time anew. */
export default async function forgesReady(): Promise<string> {
  const { descriptor, frame } = lastFrame();
  const view = new DataView(frame.buffer);
  const sequence = view.getUint32(17);
  for (let number = 1; number < 100; number++) {
    view.setUint32(17, sequence + number);
    write(descriptor, frame);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return 'ran for 10 s';
}
