/** Ends as it is told to. */
export default function endsInAWay(way: 'exits' | 'dies' | 'throws' | 'eats' | 'works' | 'returns'): string {
  if (way === 'exits') process.exit(3);
  if (way === 'dies') process.kill(process.pid, 'SIGKILL');
  if (way === 'throws') throw new RangeError('thrown');
  if (way === 'eats') for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));
  if (way === 'works') for (;;);
  return 'returned';
}
