const MEBIBYTE = 2 ** 20;

/** What a container with a waiting runner is charged for (measured: 8.5 MB with docker-init on runc), and room for stacks and native code. */
const RUNNER_IN_MB = 16;
/**
 * Share of the rest that V8's old space may fill. Measured on Node 20.20 with live objects alone and a 1024 MB container: at 930 MB V8
 * gives up by itself and says so, at 970 the kernel kills it first.
 */
const OLD_SPACE_SHARE = 0.93;
/** V8's own default for 64 bit; three of them make the young generation. */
const LARGEST_SEMI_SPACE_IN_MB = 16;

/**
 * With less than this Node comes up, if at all, only while the kernel reads its program again and again for lack of room: measured, 10 s
 * for 12 MB where it had not been read before, minutes for 7.
 */
export const LEAST_MEMORY_IN_BYTES = 14 * MEBIBYTE;

/**
 * Node's flags for a container of that size. Left alone, Node takes half of the container's memory with a floor near 259 MB: V8 gives up
 * at 524 MB in a 1 GB container, and in a 128 MB container the kernel kills before V8 ever collects.
 */
export function heapArguments(memInBytes: number | null): string[] {
  if (memInBytes === null) return [];
  const left = memInBytes / MEBIBYTE - RUNNER_IN_MB;
  const oldSpace = Math.max(4, Math.floor(left * OLD_SPACE_SHARE));
  const semiSpace = Math.min(LARGEST_SEMI_SPACE_IN_MB, 2 ** Math.floor(Math.log2(Math.max(1, left / 16))));
  return [`--max-old-space-size=${oldSpace}`, `--max-semi-space-size=${semiSpace}`];
}
