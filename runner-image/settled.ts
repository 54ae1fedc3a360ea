import { outer } from './outer.js';

export interface Settled {
  threw: boolean;
  /** In a box, because awaiting a value with a method `then` would call that. */
  value: unknown;
}

/** Waits for a promise of the function's realm by the `then` that was there at the start, whatever is there now. */
export function settled(promise: Promise<unknown>): Promise<Settled> {
  // `then` asks a promise's constructor for the class of the promise it makes; this is the way to have no say in that.
  Reflect.defineProperty(promise, 'constructor', { value: undefined });
  return new Promise((resolve) => {
    void Reflect.apply(outer.then, promise, [
      (value: unknown) => resolve({ threw: false, value }),
      (value: unknown) => resolve({ threw: true, value }),
    ]);
  });
}
