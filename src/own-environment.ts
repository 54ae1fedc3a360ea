/**
 * The environment of a process that nisher starts: own keys only. Node takes every enumerable key, also one that something has put on
 * Object.prototype, and `LD_PRELOAD` there would load a library into each child.
 */
export function ownEnvironment(changes: NodeJS.ProcessEnv = {}, from: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.assign(Object.create(null) as NodeJS.ProcessEnv, from, changes);
}
