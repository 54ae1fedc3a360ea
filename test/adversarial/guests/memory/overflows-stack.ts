/** A function that calls itself. */
export default function overflowsStack(depth = 0): number {
  return overflowsStack(depth + 1) + 1;
}
