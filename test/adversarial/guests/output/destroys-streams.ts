/** Node's own streams are gone; the descriptors are still there. */
export default function destroysStreams(): number {
  process.stdout.destroy();
  process.stderr.destroy();
  return 5;
}
