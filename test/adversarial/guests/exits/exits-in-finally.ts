/** Returns, and exits on the way out. */
export default function exitsInFinally(): number {
  try {
    return 1;
  } finally {
    process.exit(4);
  }
}
