import { manyValues } from './many-values.js';
import { replaceMethods } from './replace-methods.js';

/** Every method of this built-in, its own and its prototype's, throws when it is called. */
export default function breaksMethods(name: string): unknown {
  const value = manyValues();
  const builtIn = (globalThis as unknown as { [name: string]: object & { prototype?: object } })[name] ?? {};
  replaceMethods(builtIn.prototype === undefined ? [builtIn] : [builtIn, builtIn.prototype]);
  return value;
}
