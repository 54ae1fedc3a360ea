import { manyValues } from './many-values.js';
import { replaceMethods } from './replace-methods.js';

/** Every method of this built-in throws, and so does the function: an error with values of all types. */
export default function throwsWhenBroken(name: string): never {
  const error = Object.assign(new RangeError('thrown'), { values: manyValues() });
  const builtIn = (globalThis as unknown as { [name: string]: object & { prototype?: object } })[name] ?? {};
  replaceMethods(builtIn.prototype === undefined ? [builtIn] : [builtIn, builtIn.prototype]);
  throw error;
}
