import { manyValues } from './many-values.js';
import { replaceMethods } from './replace-methods.js';

/** Every method that typed arrays, generators, iterators and functions share, of built-ins that no global names, throws. */
export default function breaksTypedArrays(): unknown {
  const value = manyValues();
  const iterator = [][Symbol.iterator]();
  const shared = [
    Object.getPrototypeOf(Uint8Array),
    Object.getPrototypeOf(Uint8Array.prototype),
    Object.getPrototypeOf(iterator),
    Object.getPrototypeOf(Object.getPrototypeOf(iterator)),
    Object.getPrototypeOf(new Map().entries()),
    Object.getPrototypeOf(new Set().values()),
    Object.getPrototypeOf(function* () {}),
    Object.getPrototypeOf(async () => {}),
  ] as object[];
  replaceMethods(shared);
  return value;
}
