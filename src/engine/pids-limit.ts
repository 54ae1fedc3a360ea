/** The init that is the container's first process. */
const INIT_TASKS = 1;

/**
 * The container's limit on tasks. The kernel counts threads, and node has eleven before the function has any: with fewer it
 * does not fail, it hangs for ever (with 2 or 4) or crashes (6 to 10).
 * @param runnerTasks threads of the runner's process once its thread pool is filled
 * @param extraTasks tasks the function may have beside the one it runs in; null: any number
 * @returns null: no limit
 */
export function pidsLimit(runnerTasks: number, extraTasks: number | null): number | null {
  return extraTasks === null ? null : INIT_TASKS + runnerTasks + extraTasks;
}
