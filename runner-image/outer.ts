/** How a call settled, told by the function's own realm. */
export interface Settlement {
  threw: boolean;
  /** What it returned (awaited) or threw. */
  value: unknown;
  /** Nanoseconds on the monotonic clock. */
  started: bigint;
  ended: bigint;
}

/**
 * What the runner's realm gets of the function's realm: taken before the function's module is loaded, so that whatever it
 * replaces afterwards is not used by the runner.
 */
export interface Outer {
  globalThis: typeof globalThis;
  /** `import()`, whose modules belong to the function's realm. */
  importModule(url: string): Promise<object>;
  /** `require`, for the guest's classes and CommonJS modules. */
  requireModule(path: string): unknown;
  /** Calls with `this` undefined and awaits; never rejects. */
  call(target: unknown, args: unknown): Promise<Settlement>;
  then: typeof Promise.prototype.then;
  AbortController: typeof AbortController;
  Error: typeof Error;
  SyntaxError: typeof SyntaxError;
  /** Folder of the runner's own files. */
  directory: string;
}

/** Key of the {@link Outer} in the runner's realm. */
export const outerKey = Symbol.for('nisher.outer');

export const outer = (globalThis as { [key: symbol]: unknown })[outerKey] as Outer;
