/** Throws in the listener that tells it of the limit. */
export default function throwsInNotice(): Promise<never> {
  process.on('SIGALRM', () => {
    throw new Error('thrown at the notice');
  });
  return new Promise(() => setInterval(() => {}, 100));
}
