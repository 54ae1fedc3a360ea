/** Told of the wall limit, it takes all memory there is. */
export default function eatsAfterNotice(): Promise<never> {
  process.on('SIGALRM', () => {
    for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));
  });
  return new Promise(() => setInterval(() => {}, 100));
}
