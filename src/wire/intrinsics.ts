/**
 * The built-ins of the program whose values are carried.
 *
 * On the host that is simply this program. In the container this code runs in a realm of its own, so that built-ins which the
 * function replaces are not the ones it works with; the function's values, though, must be made of, and are recognised by,
 * the built-ins of the function's realm, which the runner leaves under a symbol before the function's module is loaded.
 */
const names = [
  'Array',
  'ArrayBuffer',
  'BigInt64Array',
  'BigUint64Array',
  'Buffer',
  'DataView',
  'Date',
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'Float32Array',
  'Float64Array',
  'Int16Array',
  'Int32Array',
  'Int8Array',
  'Map',
  'Object',
  'RegExp',
  'Set',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLSearchParams',
  'Uint16Array',
  'Uint32Array',
  'Uint8Array',
  'Uint8ClampedArray',
] as const;

export type Intrinsics = Pick<typeof globalThis, (typeof names)[number]> & {
  /** Node ≥ 24. */
  readonly Float16Array?: Float32ArrayConstructor;
};

/** Key, in the runner's realm, of the {@link Intrinsics} of the function's realm. */
export const outerIntrinsics = Symbol.for('nisher.outerIntrinsics');

/** Takes the built-ins as they are now: replacing a global afterwards changes nothing. */
export function captureIntrinsics(): Intrinsics {
  const globals = globalThis as unknown as { [name: string]: unknown };
  const captured: { [name: string]: unknown } = {};
  for (const name of [...names, 'Float16Array']) captured[name] = globals[name];
  return captured as unknown as Intrinsics;
}

export const intrinsics: Intrinsics =
  ((globalThis as { [key: symbol]: unknown })[outerIntrinsics] as Intrinsics | undefined) ?? captureIntrinsics();
