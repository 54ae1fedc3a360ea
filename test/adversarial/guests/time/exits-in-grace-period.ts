/** Told of the limit, it exits. */
export default function exitsInGracePeriod(): Promise<never> {
  process.on('SIGALRM', () => process.exit(3));
  return new Promise(() => setInterval(() => {}, 100));
}
